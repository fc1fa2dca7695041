/** The clock of New York by ICU, which none of the languages' time libraries stands on. */

const FORMAT = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'America/New_York',
  ...{
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  },
});
const HOURS = [4, 5];

/**
 * The instant of a time on the wall, as RFC 5545 has it: of two the first, and none is read with the offset before it.
 * From 1970 on; `undefined` where no calendar has the day or no clock the time.
 */
export function newYork(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
): string | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isDate || minute > 59 || hour * 100 + minute > 2400) return undefined;
  const wall = Date.UTC(year, month - 1, day, hour, minute);
  const shown = new Date(wall).toISOString().slice(0, 16).replace('T', ', ');
  const found = HOURS.map((hours) => wall + hours * 3_600_000).find((at) => FORMAT.format(at) === shown);
  return instant(found ?? wall + 5 * 3_600_000);
}

const instant = (at: number) => new Date(at).toISOString().replace('.000', '');
