/** Tells settings of The ONE from other files: every line of them is `Name.key = value`, a comment, or blank. */
export function isTheOneSettings(text: string): boolean {
  const first = text.split(/\r\n|\r|\n/).find((line) => line.trim() !== '' && !/^\s*[#!]/.test(line));
  return first !== undefined && /^\s*[A-Za-z]\w*\.\w+\s*=/.test(first);
}
