/**
 * Laptops as network namespaces, and cables between them that can be plugged and pulled: `ip netns`, veth pairs, `tc`.
 *
 * Every cable is a network of its own and no namespace forwards, so two laptops without a cable can't reach each other
 * whatever the others do. Names carry the process id of the run: parallel runs don't collide, and what a crashed run left
 * behind is removed by the next one.
 */
import { spawnSync } from 'node:child_process';

/** Two laptops, in any order. */
export type Cable = readonly [string, string];

const NAME = /^hearsay-(\d+)-\d+-/;
let networks = 0;

export class Network {
  readonly #prefix = `hearsay-${process.pid}-${++networks}-`;
  readonly #hosts: readonly string[];
  readonly #cables: readonly Cable[];

  /** Lays the cables; none is plugged in yet. Needs root. */
  constructor(cables: readonly Cable[]) {
    removeStale();
    this.#cables = cables;
    this.#hosts = [...new Set(cables.flat())];
    try {
      for (const host of this.#hosts) this.#addHost(host);
      for (const cable of cables) this.#lay(cable);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** What to put before a command so that it runs on that laptop. The process keeps its id: `ip` becomes the command. */
  inside(host: string): readonly string[] {
    return ['ip', 'netns', 'exec', this.#namespace(host)];
  }

  /** The address of `host` on its cable to `other`. */
  address(host: string, other: string): string {
    const index = this.#cables.findIndex((cable) => cable.includes(host) && cable.includes(other));
    const cable = this.#cables[index];
    if (cable === undefined) throw new Error(`there is no cable between ${host} and ${other}`);
    return `10.77.${index + 1}.${cable[0] === host ? 1 : 2}`;
  }

  plug([a, b]: Cable): void {
    this.#ip(a, 'link', 'set', deviceTo(b), 'up');
    this.#ip(b, 'link', 'set', deviceTo(a), 'up');
  }

  pull([a, b]: Cable): void {
    this.#ip(a, 'link', 'set', deviceTo(b), 'down');
    this.#ip(b, 'link', 'set', deviceTo(a), 'down');
  }

  /** Everything that leaves `from` for `to` is squeezed through this many bits per second. */
  throttle(from: string, to: string, bitsPerSecond: number): void {
    const device = deviceTo(to);
    const limits = ['rate', `${bitsPerSecond}bit`, 'burst', '32kb', 'latency', '200ms'];
    run('tc', '-n', this.#namespace(from), 'qdisc', 'replace', 'dev', device, 'root', 'tbf', ...limits);
  }

  /**
   * Everything that leaves `from` for `to` is late, and some of it is lost. A kernel without `netem` can only lose: then
   * nothing is late.
   */
  impair(from: string, to: string, how: { readonly delayMs: number; readonly lossPercent: number }): void {
    const device = deviceTo(to);
    const netem = ['delay', `${how.delayMs}ms`, `${Math.ceil(how.delayMs / 4)}ms`, 'loss', `${how.lossPercent}%`];
    const queue = ['-n', this.#namespace(from), 'qdisc', 'replace', 'dev', device, 'root', 'netem', ...netem];
    if (spawnSync('tc', queue, { stdio: 'ignore' }).status === 0) return;
    const lose = ['--mode', 'random', '--probability', String(how.lossPercent / 100), '-j', 'DROP'];
    run(...command(this.inside(from)), 'iptables', '-A', 'OUTPUT', '-o', device, '-m', 'statistic', ...lose);
  }

  /** Bytes that have left `from` on its cable to `to`. */
  sentBytes(from: string, to: string): number {
    const [link] = JSON.parse(this.#ip(from, '-json', '-stats', 'link', 'show', deviceTo(to)));
    return link.stats64.tx.bytes;
  }

  remove(): void {
    for (const host of this.#hosts) removeNamespace(this.#namespace(host));
  }

  #namespace(host: string): string {
    return `${this.#prefix}${host}`;
  }

  #ip(host: string, ...args: readonly string[]): string {
    return run('ip', '-n', this.#namespace(host), ...args);
  }

  #addHost(host: string): void {
    run('ip', 'netns', 'add', this.#namespace(host));
    this.#ip(host, 'link', 'set', 'lo', 'up');
    // A new namespace may inherit the machine's setting, and a test machine that runs containers forwards.
    run(...command(this.inside(host)), 'sh', '-c', 'echo 0 > /proc/sys/net/ipv4/ip_forward');
  }

  #lay([a, b]: Cable): void {
    this.#ip(a, 'link', 'add', deviceTo(b), 'type', 'veth', 'peer', 'name', deviceTo(a), 'netns', this.#namespace(b));
    this.#ip(a, 'addr', 'add', `${this.address(a, b)}/24`, 'dev', deviceTo(b));
    this.#ip(b, 'addr', 'add', `${this.address(b, a)}/24`, 'dev', deviceTo(a));
  }
}

function deviceTo(host: string): string {
  return `to-${host}`;
}

function removeStale(): void {
  for (const line of run('ip', 'netns', 'list').split('\n')) {
    const name = line.split(' ', 1)[0] ?? '';
    const owner = NAME.exec(name)?.[1];
    if (owner !== undefined && !isRunning(Number(owner))) removeNamespace(name);
  }
}

/** Ends whatever still runs there: a namespace lives on, unnamed, for as long as a process is in it. */
function removeNamespace(name: string): void {
  const inside = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' });
  for (const pid of inside.stdout.split('\n').filter((line) => line !== '')) kill(Number(pid), 'SIGKILL');
  spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
}

function isRunning(pid: number): boolean {
  return kill(pid, 0);
}

function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function command([program = '', ...args]: readonly string[]): [string, ...string[]] {
  return [program, ...args];
}

function run(program: string, ...args: readonly string[]): string {
  const done = spawnSync(program, args, { encoding: 'utf8' });
  if (done.status === 0) return done.stdout;
  throw new Error(`${program} ${args.join(' ')}: ${done.error?.message ?? done.stderr.trim()}`);
}
