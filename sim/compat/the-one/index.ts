/** The ONE's scenarios, run as The ONE runs them: same settings files, same reports, line for line. */
export { prepareTheOne, type ReportSink, type Run, type RunOptions, runTheOne } from './run.js';
export { type Property, parseProperties } from './settings/properties-file.js';
export { isTheOneSettings } from './settings/recognise.js';
export { runValues, type SettingsFile } from './settings/settings.js';
export { SettingsError, type SettingsProblem } from './settings/settings-error.js';
