/** `bundle send` against nodes that take everything, refuse, or fall silent. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { concatBytes, SILENT, utf8 } from '../../src/base/index.js';
import { bundleKey, createBundle, decodeBundle, encodeBundle, payloadOf } from '../../src/bundle/index.js';
import { type IncomingTransfer, listenPlain, RefuseReason, systemTimers } from '../../src/link/index.js';
import { chatSpec } from '../support/bundles.js';
import { temporaryFolder } from '../support/folder.js';
import { objectsIn, run } from './bundle-run.js';

interface Report {
  readonly outcome: string;
  readonly reason?: string;
  readonly message?: string;
  readonly bundleKey: string;
}

async function nodeThat(answers: (transfer: IncomingTransfer, number: number) => void): Promise<string> {
  let count = 0;
  const listener = await listenPlain(
    { host: '127.0.0.1', port: 0 },
    { nodeEid: 'dtn://other/', timers: systemTimers(), log: SILENT },
    { bundle: (_, transfer) => answers(transfer, count++) },
  );
  onTestFinished(async () => void listener.close());
  return `127.0.0.1:${listener.address.port}`;
}

function bundles(count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, sequence) =>
    encodeBundle(createBundle(chatSpec({ creation: { time: 1_000, sequence }, payload: utf8(`number ${sequence}`) }))),
  );
}

describe('hearsay bundle send', () => {
  it('hands over many, and tells of them in their order', async () => {
    const taken: string[] = [];
    const place = await nodeThat((transfer) => {
      taken.push(new TextDecoder().decode(payloadOf(decodeBundle(transfer.bytes))));
      transfer.accept();
    });
    const folder = temporaryFolder();
    const all = bundles(60);
    const files = [join(folder, 'many.cbor'), join(folder, 'more.txt')];
    writeFileSync(files[0] as string, concatBytes(...all.slice(0, 40)));
    writeFileSync(
      files[1] as string,
      all
        .slice(40)
        .map((bytes) => Buffer.from(bytes).toString('hex'))
        .join('\r\n'),
    );
    const sent = await run(['send', '--tcpcl', place, '--json', ...files]);
    expect(sent).toMatchObject({ status: 0, err: '' });
    const keys = all.map((bytes) => bundleKey(decodeBundle(bytes).primary));
    expect(objectsIn<Report>(sent).map((report) => [report.outcome, report.bundleKey])).toEqual(
      keys.map((key) => ['acked', key]),
    );
    expect(taken).toEqual(all.map((_, i) => `number ${i}`));
  });

  it('explains each refusal, and goes on', async () => {
    const reasons = [RefuseReason.NoResources, RefuseReason.NotAcceptable] as const;
    const place = await nodeThat((transfer, number) => {
      const reason = reasons[number];
      if (reason === undefined) transfer.accept();
      else transfer.refuse(reason);
    });
    const sent = await run(['send', '--tcpcl', place, '--json', '-'], concatBytes(...bundles(3)));
    expect(sent.status).toBe(2);
    expect(objectsIn<Report>(sent).map(({ outcome, reason, message }) => [outcome, reason, message])).toEqual([
      ['refused', 'no-resources', expect.stringMatching(/no room/)],
      ['refused', 'not-acceptable', expect.stringMatching(/will not help/)],
      ['acked', undefined, undefined],
    ]);
  });

  it('counts what the node has already as arrived', async () => {
    const place = await nodeThat((transfer) => transfer.refuse(RefuseReason.Completed));
    const sent = await run(['send', '--tcpcl', place, '-'], concatBytes(...bundles(2)));
    expect(sent.status).toBe(0);
    expect(sent.out).toMatch(/^acked .*\nacked .*\n$/);
  });

  it('waits for a silent node once, not for every bundle', async () => {
    const place = await nodeThat((transfer, number) => {
      if (number === 0) transfer.accept();
    });
    const started = performance.now();
    const sent = await run(['send', '--tcpcl', place, '--timeout', '1', '--json', '-'], concatBytes(...bundles(30)));
    expect(performance.now() - started).toBeLessThan(8_000);
    expect(sent.status).toBe(1);
    const reports = objectsIn<Report>(sent);
    expect(reports.map(({ outcome }) => outcome)).toEqual(['acked', ...new Array<string>(29).fill('cut')]);
    expect(reports[1]?.message).toMatch(/no answer within 1 s; it may have arrived/);
    expect(reports.at(-1)?.message).toBe('not sent: the session is over');
  });
});
