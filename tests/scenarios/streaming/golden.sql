-- What a stream must have published of events read in the order of `seq`, by plain SQL (DuckDB).
-- Parameters: $size, the window, and $lateness, what is allowed, in seconds.
-- An event is late when its window ended at or before the watermark: the newest time seen before it, less $lateness.
WITH timed AS (
  SELECT seq, origin, delay_minutes, epoch(departed_at::TIMESTAMP)::BIGINT AS seconds FROM events
), windowed AS (
  SELECT *, seconds // $size * $size AS start,
    max(seconds) OVER (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) - $lateness AS watermark
  FROM timed
), judged AS (
  SELECT *, coalesce(start + $size <= watermark, false) AS late FROM windowed
)
SELECT strftime(make_timestamp(start * 1000000), '%Y-%m-%dT%H:%M:%SZ') AS window_start,
  origin,
  count(delay_minutes)::INT AS departures,
  count(*)::INT - count(delay_minutes)::INT AS cancelled,
  sum(delay_minutes)::DOUBLE / nullif(count(delay_minutes), 0) AS mean_delay,
  max(delay_minutes)::INT AS worst_delay
FROM judged
WHERE NOT late
GROUP BY ALL
ORDER BY window_start, origin
