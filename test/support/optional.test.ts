import { describe, expect, it } from 'vitest';
import { hasProgram, missing, sharedFile } from './optional.js';

describe('optional needs', () => {
  it('finds programs on the PATH and by absolute path', () => {
    expect(hasProgram(process.execPath)).toBe(true);
    expect(hasProgram('hearsay-no-such-program')).toBe(false);
  });

  it('names everything that is missing', () => {
    expect(missing({ shared: ['no/such.json'], programs: ['hearsay-no-such-program'] })).toEqual([
      '../shared/no/such.json',
      'hearsay-no-such-program',
    ]);
    expect(missing({})).toEqual([]);
  });

  it('gives no path for a shared file that is not there', () => {
    expect(sharedFile('no/such.json')).toBeUndefined();
  });
});
