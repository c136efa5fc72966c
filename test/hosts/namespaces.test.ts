/** The test network itself: what it claims to cut must be cut, and nothing of it may stay behind. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { describeOnHosts } from '../support/optional.js';
import { type Cable, Network } from './namespaces.js';

const AB: Cable = ['a', 'b'];
const BC: Cable = ['b', 'c'];

function network(): Network {
  const made = new Network([AB, BC]);
  onTestFinished(() => made.remove());
  return made;
}

/** Whether a packet gets from one host to an address, one second at most. */
function reaches(from: readonly string[], address: string): boolean {
  const script = `
    const socket = require('node:net').connect({ host: '${address}', port: 1 });
    socket.on('error', (error) => process.exit(error.code === 'ECONNREFUSED' ? 0 : 1));
    setTimeout(() => process.exit(1), 1000);`;
  const [program = '', ...args] = [...from, process.execPath, '-e', script];
  return spawnSync(program, args).status === 0;
}

function namespaces(): string {
  return spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout;
}

describeOnHosts('a network of namespaces', {}, () => {
  it('joins what has a cable that is plugged in, and nothing else', () => {
    const net = network();
    expect(reaches(net.inside('a'), net.address('b', 'a'))).toBe(false);
    net.plug(AB);
    net.plug(BC);
    expect(reaches(net.inside('a'), net.address('b', 'a'))).toBe(true);
    expect(reaches(net.inside('c'), net.address('b', 'c'))).toBe(true);
    expect(reaches(net.inside('a'), net.address('c', 'b'))).toBe(false);
    net.pull(AB);
    expect(reaches(net.inside('a'), net.address('b', 'a'))).toBe(false);
  });

  it('takes its processes along when it is removed', async () => {
    const net = network();
    const [program = '', ...args] = [...net.inside('a'), 'sleep', '600'];
    const sleeper = spawn(program, args);
    const gone = once(sleeper, 'exit');
    net.plug(AB);
    await once(sleeper, 'spawn');
    net.remove();
    expect(await gone).toEqual([null, 'SIGKILL']);
    expect(namespaces()).not.toContain(`hearsay-${process.pid}-`);
  });

  it('removes what a crashed run left behind', async () => {
    const crashed = spawn(process.execPath, ['-e', '']);
    await once(crashed, 'exit');
    const name = `hearsay-${crashed.pid}-1-a`;
    expect(spawnSync('ip', ['netns', 'add', name]).status).toBe(0);
    network();
    expect(namespaces()).not.toContain(name);
  });
});
