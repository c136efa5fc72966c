/** All that is wrong with a scenario's settings, at once. */
import { HearsayError } from '../../../../src/base/index.js';

export interface SettingsProblem {
  /** `file:line`, or the file alone where something is missing. */
  readonly where: string;
  readonly message: string;
}

export class SettingsError extends HearsayError {
  readonly problems: readonly SettingsProblem[];

  constructor(problems: readonly SettingsProblem[]) {
    const lines = problems.map(({ where, message }) => `  ${where}: ${message}`);
    const count = problems.length === 1 ? 'One thing is' : `${problems.length} things are`;
    super('ERR_THE_ONE_SETTINGS', `${count} wrong with these settings:\n${lines.join('\n')}`);
    this.problems = problems;
  }
}
