/** The steps of the story that all scenarios share: Ana writes, the walker carries, Ben reads, Ana learns of it. */
import { expect, type TestContext } from 'vitest';
import type { Written } from './client.js';
import { eventually } from './eventually.js';
import { AT_ANAS, AT_BENS, type Setting, ThreeLaptops } from './three-laptops.js';

/** The acceptance bound for the time that Ben is shown. */
const STAMP_TOLERANCE_MS = 2_000;
/** Letters are read at this age or later: the time of reading must not pass for the time of writing. */
const READ_AT_AGE_MS = STAMP_TOLERANCE_MS + 1_500;
/** A visit, from the cable to the last bundle: far more than it takes, and less than a person would stay. */
const VISIT_MS = 30_000;

/** Three laptops that are on, with Ana and Ben logged in, and no cable plugged in. */
export async function atHome(context: TestContext, setting: Setting, anasClock?: string): Promise<ThreeLaptops> {
  const world = ThreeLaptops.set(context, setting);
  const { ana, walker, ben } = world;
  await Promise.all([ana.switchOn(anasClock), walker.switchOn(), ben.switchOn()]);
  await Promise.all([ana.person.logIn(ana.node), ben.person.logIn(ben.node)]);
  world.note('all are on and logged in');
  return world;
}

/** The walker comes from Ben to Ana, and stays: she knows his key, and has him in her contacts. */
export async function introduce(world: ThreeLaptops): Promise<void> {
  const { ana, walker, ben, network } = world;
  network.plug(AT_BENS);
  await eventually('the walker knows Ben', async () => profiles(await walker.node.status()) >= 2, VISIT_MS);
  network.pull(AT_BENS);
  network.plug(AT_ANAS);
  await eventually('Ana knows Ben', async () => profiles(await ana.node.status()) >= 3, VISIT_MS);
  await ana.person.add(ben.node.report.jid, 'Ben');
  world.note('Ana knows Ben');
}

/** A letter is in the hands of Ana's node. */
export interface Letter extends Written {
  /** It was sent no later than this, by the clock of the test: 5 MiB take a busy machine a while to send and read. */
  readonly keptAt: number;
}

/** Ana writes to Ben. */
export async function write(
  world: ThreeLaptops,
  id: string,
  what: { readonly body: string } | { readonly bodyBytes: number } = { body: `This is ${id}.` },
): Promise<Letter> {
  const { ana, ben } = world;
  const written = await ana.person.write(ben.node.report.jid, id, what);
  await eventually('Ana’s node has it', () => ana.node.message(id));
  world.note(`Ana has written ${id}`);
  return { ...written, keptAt: Date.now() };
}

export async function isCarried(world: ThreeLaptops, { id }: Letter): Promise<void> {
  const { carriedBy } = await world.ana.node.messageIs(id, 'carried by 1', VISIT_MS);
  expect(carriedBy).toBe(1);
  world.note(`${id} is carried`);
}

/** The walker visits Ben, who reads the letter, sees when it was written, and gives the receipt along. */
export async function deliver(world: ThreeLaptops, letter: Letter): Promise<void> {
  const { walker, ben, network } = world;
  const receipts = (await walker.node.status()).store.byClass.receipts ?? 0;
  await eventually('the letter is some seconds old', () => Date.now() - letter.keptAt >= READ_AT_AGE_MS);
  network.plug(AT_BENS);
  const read = await ben.person.reads(letter.id, VISIT_MS);
  expect(read.sha256 ?? letter.sha256).toBe(letter.sha256);
  if (read.sha256 === undefined) expect(read.body).toBe(`This is ${letter.id}.`);
  const stamp = Date.parse(String(read.delay));
  expect(stamp).toBeGreaterThan(letter.writtenAt - STAMP_TOLERANCE_MS);
  expect(stamp).toBeLessThan(letter.keptAt + STAMP_TOLERANCE_MS);
  const hasReceipt = async () => ((await walker.node.status()).store.byClass.receipts ?? 0) > receipts;
  await eventually('the walker has the receipt', hasReceipt, VISIT_MS);
  network.pull(AT_BENS);
  world.note(`Ben has read ${letter.id}`);
}

/** The walker is back at Ana's, whose client and status say so. */
export async function report(world: ThreeLaptops, { id }: Letter): Promise<void> {
  const { ana, ben, network } = world;
  network.plug(AT_ANAS);
  const receipt = await ana.person.learnsOfDelivery(id, VISIT_MS);
  expect(String(receipt.from)).toContain(ben.node.report.jid);
  const status = ana.node.statusByCommand().messages.find((message) => message.id === id);
  expect(status).toMatchObject({ state: 'delivered', deliveredAt: expect.stringMatching(/^\d{4}-.*Z$/) });
  world.note(`Ana knows that ${id} arrived`);
}

/** The walker makes the round once more, Ben logs in anew: the letter is not shown again, nor its receipt. */
export async function nothingComesTwice(world: ThreeLaptops, letter: Letter): Promise<void> {
  const { ana, ben, network } = world;
  const second = await write(world, 'the second letter');
  await isCarried(world, second);
  network.pull(AT_ANAS);
  await deliver(world, second);
  await report(world, second);
  await eventually('Ben’s client has confirmed all', async () => (await ben.node.status()).inbox === 0);
  await ben.person.logOut();
  await ben.person.logIn(ben.node);
  // What waits is sent at the initial presence, before this is answered.
  await ben.person.ping();
  for (const { id } of [letter, second]) {
    expect(ben.person.timesRead(id)).toBe(1);
    expect(ana.person.timesToldOfDelivery(id)).toBe(1);
  }
}

function profiles({ store }: { readonly store: { readonly byClass: Readonly<Record<string, number>> } }): number {
  return store.byClass.certificates ?? 0;
}
