import { describe, expect, it } from 'vitest';
import { addressOf, bareOf, parseJid } from '../../src/xmpp-adapter/jid.js';

describe('a JID', () => {
  it.each([
    ['ana@mesh', { local: 'ana', domain: 'mesh', resource: '' }],
    ['Ana@Mesh/Tele Phone/2@x', { local: 'ana', domain: 'mesh', resource: 'Tele Phone/2@x' }],
    ['mesh', { local: '', domain: 'mesh', resource: '' }],
    ['mesh/r', { local: '', domain: 'mesh', resource: 'r' }],
    ['a\\20b@mesh', { local: 'a\\20b', domain: 'mesh', resource: '' }],
  ])('is read: %s', (text, jid) => {
    expect(parseJid(text)).toEqual(jid);
  });

  it.each([
    '',
    '@mesh',
    'ana@',
    'a@b@c',
    'a b@mesh',
    'a:b@mesh',
    'a<b@mesh',
    'ana@mesh/',
    'ana@me sh',
    '/r',
    `${'x'.repeat(1024)}@mesh`,
    'ana@mesh/\u0000',
  ])('is refused: %j', (text) => {
    expect(parseJid(text)).toBeUndefined();
  });

  it('has a bare form', () => {
    const bare = (text: string): string => bareOf(parseJid(text) ?? { local: '', domain: '', resource: '' });
    expect(bare('Ana@mesh/x')).toBe('ana@mesh');
    expect(bare('mesh/x')).toBe('mesh');
  });
});

describe('what a client may name somebody by', () => {
  it.each([
    ['ben.bbbbbb@mesh/phone', 'ben.bbbbbb@mesh'],
    [' Ben.bbbbbb@mesh ', 'ben.bbbbbb@mesh'],
    ['dtn://abc/~chat', 'dtn://abc/~chat'],
    ['dtn\\3a\\2f\\2fabc\\2f~chat@mesh', 'dtn://abc/~chat'],
    ['dtn\\3A\\2F\\2Fabc\\2F~chat@mesh/x', 'dtn://abc/~chat'],
    ['mesh', undefined],
    ['', undefined],
    ['a b', undefined],
  ])('%j is %j to the mesh', (text, address) => {
    expect(addressOf(text)).toBe(address);
  });
});
