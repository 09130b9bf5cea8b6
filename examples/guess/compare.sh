#!/usr/bin/env bash
# Compares two guesses: the same simulated clients ask each, and who likes an answer goes on.
#   ./compare.sh letters.js hesitant.js [CONTACTS]
set -euo pipefail
contacts=${3:-5000}
tallyboard=${TALLYBOARD:-npx tallyboard}
unset TALLYBOARD
work=$(mktemp -d)
server=''
trap 'kill $server 2>/dev/null || true; rm -rf "$work"' EXIT

for model in "$1" "$2"; do
  name=$(basename "$model" .js)
  log=$work/$name.log
  touch "$log"
  # Port 0 is a free one; the log says which.
  $tallyboard serve --guess "$(realpath "$model")" --store "journal:$work/$name" --port 0 2>"$log" &
  server=$!
  until grep -q '"ready"' "$log"; do
    kill -0 $server
    sleep 0.1
  done
  url=$(grep -o 'http://127.0.0.1:[0-9]*' "$log" | head -1)
  $tallyboard simulate --url "$url" --requests "$contacts" --seed 1 --check >"$work/simulated" || { cat "$work/simulated"; exit 1; }
  kill $server
  wait $server || true
  $tallyboard export --store "journal:$work/$name" --format parquet --out "$work/$name.parquet" 2>/dev/null
done

$tallyboard sql --store null: "
  WITH contacts AS (
    SELECT parse_filename(filename, true) AS model,
           any_value(symbol) AS symbol, any_value(is_vowel) AS said, bool_or(url = 'followup') AS went_on
    FROM read_parquet('$work/*.parquet', filename = true) WHERE NOT replay GROUP BY model, uuid
  )
  SELECT model, count(*) AS contacts,
         round(100 * avg((said = (symbol IN ('a', 'e', 'i', 'o', 'u')))::INT) FILTER (symbol <> 'y'), 1) AS right_percent,
         round(100 * avg(went_on::INT), 2) AS went_on_percent,
         round(196 * sqrt(avg(went_on::INT) * (1 - avg(went_on::INT)) / count(*)), 2) AS plus_minus
  FROM contacts GROUP BY model ORDER BY went_on_percent DESC"
