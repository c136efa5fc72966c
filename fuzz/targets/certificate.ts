/** Device certificates: nothing is accepted but what the keys of the seeds signed. */
import { DecodeError } from '../../src/base/index.js';
import { readDeviceCertificate } from '../../src/people/index.js';
import { holds, orRefused } from '../engine/target.js';
import { PEOPLE } from '../support/people.js';

export function fuzz(input: Uint8Array): void {
  const read = orRefused(
    () => readDeviceCertificate(input),
    (error) => error instanceof DecodeError,
  );
  if (read === undefined) return;
  const { person, device, deviceKey } = read;
  const isGenuine = PEOPLE.some(
    (one) => one.person === person && one.device === device && Buffer.compare(one.deviceKey, deviceKey) === 0,
  );
  holds(isGenuine, `a certificate of ${person} for ${device} was forged`);
}
