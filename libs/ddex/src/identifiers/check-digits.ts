const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** GS1 General Specifications 7.9: the check digit of a GTIN of any length, from the digits before it. */
export function gtinCheckDigit(body: string): string {
  let sum = 0;
  for (let i = 0; i < body.length; i++) sum += Number(body[body.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  return String((10 - (sum % 10)) % 10);
}

/** ISO 27729 (ISNI): ISO 7064 MOD 11-2 over the fifteen digits before the check character, `0` to `9` or `X`. */
export function isniCheckCharacter(body: string): string {
  let total = 0;
  for (const digit of body) total = ((total + Number(digit)) * 2) % 11;
  const check = (12 - total) % 11;
  return check === 10 ? 'X' : String(check);
}

/** ISO 15707 (ISWC): 1 plus each of the nine digits times its position, brought up to the next ten. */
export function iswcCheckDigit(body: string): string {
  let sum = 1;
  for (let i = 0; i < body.length; i++) sum += (i + 1) * Number(body[i]);
  return String((10 - (sum % 10)) % 10);
}

/** ISO 7064 MOD 37,36 over letters and digits: the check character of a GRid and of a DPID. */
export function mod3736CheckCharacter(body: string): string {
  let product = 36;
  for (const character of body) {
    const sum = (product + alphabet.indexOf(character)) % 36 || 36;
    product = (sum * 2) % 37;
  }
  return alphabet.charAt((37 - product) % 36);
}

/** A number in base 36, upper case, padded with zeros to `width`. */
export function base36(value: number | bigint, width: number): string {
  return value.toString(36).toUpperCase().padStart(width, '0');
}
