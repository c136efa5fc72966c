// Ana and Ben never meet; a walker goes from one to the other every three hours. Run it with: node docs/examples/walker.mjs
import { Mesh } from 'hearsay/sim';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const mesh = new Mesh({ seed: 1 });
const ana = await mesh.addNode('ana');
const ben = await mesh.addNode('ben');
const walker = await mesh.addNode('walker');

const start = mesh.time.now;
const tell = (text) => console.log(`${String((mesh.time.now - start) / HOUR).padStart(2)} h  ${text}`);
const state = () => {
  const [{ state: now }] = ana.engine.sent(ana.person);
  return now.state === 'carried' ? `carried by ${now.by}` : now.state;
};

// As if a client had sent it; virtual time has to pass until the imagined disk has the message.
const sending = ana.command({ command: 'send', message: { to: ben.jid, body: 'Shall I bring seedlings?' } });
await mesh.run(HOUR);
await sending;
tell(`Ana wrote to Ben: ${state()}`);

for (const host of [ben, ana, ben, ana]) {
  await mesh.meet(walker, host, { forMs: 10 * MINUTE, latencyMs: 20, bytesPerSecond: 250_000 });
  await mesh.run(3 * HOUR);
  tell(`the walker was with ${host.name}: ${state()}`);
}
