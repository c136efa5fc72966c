/** How Java prints doubles: `Double.toString`, and `%.Nf` with its rounding half up on the shortest decimal digits. */

/** `Double.toString`. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  const size = Math.abs(value);
  if (size === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}

/** `String.format("%.Nf", value)`. */
export function fixedText(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  const [mantissa, exponentText] = Math.abs(value).toExponential().split('e') as [string, string];
  const digits = mantissa.replace('.', '');
  const point = Number(exponentText) + 1;
  const kept = roundHalfUp(digits, point + decimals);
  const whole = kept.digits.slice(0, Math.max(kept.digits.length - decimals, 0)) || '0';
  const fraction = decimals === 0 ? '' : `.${kept.digits.slice(-decimals).padStart(decimals, '0')}`;
  return `${value < 0 || Object.is(value, -0) ? '-' : ''}${whole.replace(/^0+(?=[0-9])/, '')}${fraction}`;
}

/** @param count how many leading digits stay; more than there are adds zeros, none or fewer leaves a carry at most. */
function roundHalfUp(digits: string, count: number): { readonly digits: string } {
  if (count >= digits.length) return { digits: digits.padEnd(count, '0') };
  if (count < 0) return { digits: '' };
  const head = count === 0 ? 0n : BigInt(digits.slice(0, count));
  const up = digits.charCodeAt(count) >= 0x35 ? 1n : 0n;
  return { digits: (head + up).toString().padStart(count, '0') };
}
