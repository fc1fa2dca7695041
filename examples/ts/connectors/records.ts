/** What passes between the connectors: records, pages of them, and references to them. */

/** A record as its source has it. `id` is `<source_id>/<key>` once it is extracted. */
export interface RawRecord {
  id: string;
  data: Record<string, unknown>;
}

/** A record ready to load. */
export interface TransformedRecord extends RawRecord {
  metadata: { processed_at: string; version: string };
}

/** Some records of a source, and the key to go on after. */
export interface Page {
  records: RawRecord[];
  cursor: string;
}

/** A claim check: where `count` records are staged, and the SHA-256 of their bytes in hex. */
export interface Batch {
  uri: string;
  count: number;
  sha256: string;
}
