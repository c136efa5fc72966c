/** dtn7-go 0.9: its daemon, and its REST agent for sending and receiving. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../hosts/eventually.js';
import { DTN7_GO_DTND, freePorts, startForeign, workFolder } from './foreign-node.js';

export interface Dtn7Go {
  readonly nodeEid: string;
  readonly port: number;
  log(): string;
  /** Hands a payload to the daemon as a bundle. */
  send(receiver: string, payload: string): Promise<void>;
  /** @returns the payload of the next bundle for the endpoint `incoming`, waiting for it. */
  receive(): Promise<Uint8Array>;
}

interface RestBundle {
  readonly canonicalBlocks: readonly { readonly blockTypeCode: number; readonly data: string }[];
}

const NODE = 'dtn://gopher/';
const PAYLOAD_TYPE = 1;

/** @param peer where it dials by itself, `HOST:PORT` */
export async function startDtn7Go(peer?: string): Promise<Dtn7Go> {
  const folder = workFolder();
  const [port = 0, web = 0] = await freePorts(2);
  const config = join(folder, 'dtnd.toml');
  writeFileSync(config, configuration(folder, port, web, peer));
  const node = startForeign(DTN7_GO_DTND, [config], folder);

  const ask = async (path: string, question: object): Promise<Record<string, unknown>> => {
    const body = JSON.stringify(question);
    const answer = await fetch(`http://127.0.0.1:${web}/rest/${path}`, { method: 'POST', body });
    const said = (await answer.json()) as Record<string, unknown>;
    if (said.error !== '') throw new Error(`dtn7-go: ${said.error}`);
    return said;
  };
  const { uuid } = await eventually('dtn7-go answers', () => ask('register', { endpoint_id: `${NODE}incoming` }));
  return {
    nodeEid: NODE,
    port,
    log: node.log,
    async send(receiver, payload) {
      const lifetime = { creation_timestamp_now: 1, lifetime: '1h' };
      const bundle = { destination: receiver, source: `${NODE}incoming`, ...lifetime, payload_block: payload };
      await ask('build', { uuid, arguments: bundle });
    },
    receive: () =>
      eventually('dtn7-go has delivered a bundle', async () => {
        const { bundles } = await ask('fetch', { uuid });
        const [first] = (bundles ?? []) as RestBundle[];
        const payload = first?.canonicalBlocks.find(({ blockTypeCode }) => blockTypeCode === PAYLOAD_TYPE);
        return payload !== undefined && new Uint8Array(Buffer.from(payload.data, 'base64'));
      }),
  };
}

function configuration(folder: string, port: number, web: number, peer: string | undefined): string {
  const dial = peer === undefined ? '' : `[[peer]]\nprotocol = "tcpclv4"\nendpoint = "${peer}"\n`;
  return `[core]
store = "${folder}/store"
inspect-all-bundles = false
node-id = "${NODE}"
[logging]
level = "debug"
[discovery]
ipv4 = false
ipv6 = false
[agents]
ping = "${NODE}ping"
[agents.webserver]
address = "127.0.0.1:${web}"
websocket = true
rest = true
[[listen]]
protocol = "tcpclv4"
endpoint = "127.0.0.1:${port}"
${dial}[routing]
algorithm = "epidemic"
`;
}
