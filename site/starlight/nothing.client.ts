/** Stands where Starlight would run something that this site has no use for: see astro.config.mjs. */

