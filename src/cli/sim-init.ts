/** `hearsay sim init [PRESET] [FILE]`: a commented scenario to begin with. */
import { writeFileSync } from 'node:fs';
import { PRESETS } from '../../sim/index.js';
import { HearsayError, messageOf } from '../base/index.js';
import type { CliIo } from './io.js';

/** Never writes over a file that is there. */
export function initScenario(presetName: string, file: string | undefined, io: CliIo): number {
  const preset = PRESETS.find(({ name }) => name === presetName);
  if (preset === undefined) {
    const names = PRESETS.map(({ name }) => name).join(', ');
    throw new HearsayError('ERR_SCENARIO', `there is no preset "${presetName}"; there are ${names}`);
  }
  if (file === '-') {
    io.out(preset.text);
    return 0;
  }
  const target = file ?? `${preset.name}.yaml`;
  try {
    writeFileSync(target, preset.text, { flag: 'wx' });
  } catch (cause) {
    throw new HearsayError('ERR_OUTPUT', `${target} cannot be written: ${messageOf(cause)}`, { cause });
  }
  io.out(`${target} is written. Run it:\n\n  hearsay sim run ${target}\n`);
  return 0;
}
