/** Where files of a program belong, by the XDG Base Directory Specification. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** @returns the default home of a node: `$XDG_DATA_HOME/hearsay`, else `~/.local/share/hearsay`. */
export function defaultHome(env: Environment = process.env, userHome: string = homedir()): string {
  return join(absolute(env.XDG_DATA_HOME) ?? join(userHome, '.local', 'share'), 'hearsay');
}

/** @returns the user's folder for sockets, or undefined when the session has none. */
export function runtimeFolder(env: Environment = process.env): string | undefined {
  return absolute(env.XDG_RUNTIME_DIR);
}

/** The specification says to ignore relative paths. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
