/** A slow proxy between a worker and its server, which can be cut before the worker hears what is said. */
import { connect, createServer, type Server, type Socket } from 'node:net';

/** How long after the server the worker hears it. */
const DELAY_MS = 100;

export class DelayProxy {
  /** Where the worker connects. */
  readonly address: string;
  #server: Server;
  #sockets: Set<Socket>;

  private constructor(address: string, server: Server, sockets: Set<Socket>) {
    this.address = address;
    this.#server = server;
    this.#sockets = sockets;
  }

  /** Forwards to `target` (host:port) until it is cut. */
  static async to(target: string): Promise<DelayProxy> {
    const [host = '', port = ''] = target.split(':');
    const sockets = new Set<Socket>();
    const server = createServer((worker) => {
      const upstream = connect(Number(port), host);
      for (const socket of [worker, upstream]) {
        sockets.add(socket);
        socket.setNoDelay(true);
        socket.on('error', () => {}).on('close', () => [worker, upstream].map((one) => one.destroy()));
      }
      worker.on('data', (chunk) => upstream.write(chunk));
      upstream.on('data', (chunk) => {
        setTimeout(() => worker.writable && worker.write(chunk), DELAY_MS);
      });
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const { port: own } = server.address() as { port: number };
    return new DelayProxy(`127.0.0.1:${own}`, server, sockets);
  }

  /** Nothing gets through any more; what the server said last is not heard. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
