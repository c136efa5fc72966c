import type { Element } from 'ltx';
import { describe, expect, it } from 'vitest';
import { seededRandom, utf8 } from '../../../src/base/index.js';
import { fakeSaltKey, SaslExchange, scramCredentials } from '../../../src/xmpp-adapter/sasl/index.js';
import { el } from '../../../src/xmpp-adapter/xml.js';

const NS = 'urn:ietf:params:xml:ns:xmpp-sasl';
const CREDENTIALS = scramCredentials('secret', utf8('salt'));

function exchange(key = 'key'): SaslExchange {
  return new SaslExchange({
    domain: 'mesh.localhost',
    random: seededRandom(1),
    fakeSaltKey: fakeSaltKey(key),
    credentials: (localpart) => (localpart === 'ana' ? CREDENTIALS : undefined),
  });
}

function auth(mechanism: string | undefined, text?: string): Element {
  return el('auth', { xmlns: NS, mechanism }, text);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function conditionOf(sasl: SaslExchange, element: Element): string | undefined {
  const outcome = sasl.handle(element);
  return outcome.kind === 'failure' ? outcome.condition : outcome.kind;
}

describe('the SASL exchange', () => {
  it.each([
    ['an unknown mechanism', auth('GSSAPI'), 'invalid-mechanism'],
    ['a -PLUS mechanism', auth('SCRAM-SHA-256-PLUS'), 'invalid-mechanism'],
    ['no mechanism', auth(undefined), 'invalid-mechanism'],
    ['what is not base64', auth('PLAIN', 'AGFuYQ*='), 'incorrect-encoding'],
    ['base64 with line ends', auth('PLAIN', `${base64('\0ana\0secret')}\n`), 'incorrect-encoding'],
    ['what is not UTF-8', auth('PLAIN', Buffer.from([0, 0xff, 0, 0x61]).toString('base64')), 'malformed-request'],
    ['an empty PLAIN message', auth('PLAIN', '='), 'malformed-request'],
    ['PLAIN without a password', auth('PLAIN', base64('\0ana\0')), 'malformed-request'],
    ['PLAIN with too many parts', auth('PLAIN', base64('\0ana\0a\0b')), 'malformed-request'],
    ['a wrong password', auth('PLAIN', base64('\0ana\0Secret')), 'not-authorized'],
    ['an unknown person', auth('PLAIN', base64('\0ben\0secret')), 'not-authorized'],
    ['another identity to act as', auth('PLAIN', base64('ben@mesh.localhost\0ana\0secret')), 'invalid-authzid'],
    ['a response to nothing', el('response', { xmlns: NS }), 'malformed-request'],
    ['an abort', el('abort', { xmlns: NS }), 'aborted'],
    ['an unknown element', el('hello', { xmlns: NS }), 'malformed-request'],
  ])('refuses %s', (_, element, condition) => {
    expect(conditionOf(exchange(), element)).toBe(condition);
  });

  it('logs in with PLAIN, with and without an identity to act as', () => {
    expect(conditionOf(exchange(), auth('PLAIN', base64('\0Ana\0secret')))).toBe('success');
    expect(conditionOf(exchange(), auth('PLAIN', base64('ana@mesh.localhost\0ana\0secret')))).toBe('success');
  });

  it('asks for the first message when it did not come at once', () => {
    const sasl = exchange();
    expect(sasl.handle(auth('PLAIN')).reply.toString()).toBe(`<challenge xmlns="${NS}"/>`);
    expect(conditionOf(sasl, el('response', { xmlns: NS }, base64('\0ana\0secret')))).toBe('success');
  });

  it('begins anew after a failure, and not in the middle', () => {
    const sasl = exchange();
    const first = auth('SCRAM-SHA-256', base64('n,,n=ana,r=abc'));
    expect(conditionOf(sasl, first)).toBe('continue');
    expect(conditionOf(sasl, first)).toBe('malformed-request');
    expect(conditionOf(sasl, first)).toBe('continue');
    expect(conditionOf(sasl, el('abort', { xmlns: NS }))).toBe('aborted');
    expect(conditionOf(sasl, auth('PLAIN', base64('\0ana\0secret')))).toBe('success');
  });

  it('shows the same salt for somebody unknown every time, and another for another', () => {
    const saltOf = (user: string, key?: string): string | undefined => {
      const outcome = exchange(key).handle(auth('SCRAM-SHA-256', base64(`n,,n=${user},r=abc`)));
      return /,s=([^,]+),i=4096$/.exec(Buffer.from(outcome.reply.getText(), 'base64').toString())?.[1];
    };
    expect(saltOf('ben')).toBe(saltOf('ben'));
    expect(saltOf('ben')).toHaveLength(24);
    expect(saltOf('ben')).not.toBe(saltOf('cleo'));
    expect(saltOf('ben')).not.toBe(saltOf('ben', 'another key'));
  });
});
