/**
 * The reference's "End-to-end testing recipe" as commands to paste into a shell in the repository's folder, with the audio and
 * the cover that a delivery needs. `{name}` of the reference become variables of the shell.
 */
export const recipe = `  . .local/sandbox.env; AUTH="Authorization: Bearer $TONEGRID_KEY"; JSON="Content-Type: application/json"
  curl -i "$TONEGRID_URL/supply-chain/dsps" -H "$AUTH"
  curl -s "$TONEGRID_URL/ingestion/json" -H "$AUTH" -H "$JSON" -d '{"title":"Midnight in Lagos","type":"single","genre":"Afrobeats",
    "release_date":"2027-07-12","label":"Sandbox Records","copyright_year":2027,"copyright_holder":"Sandbox Records","language":"en",
    "artists":[{"name":"Ada Sandbox"}],"dsps":["spotify","deezer"],
    "tracks":[{"title":"Opening","track_number":1,"language":"en"}]}' | tee .local/release.json; echo
  RELEASE=$(node -p 'JSON.parse(fs.readFileSync(".local/release.json")).data.release.uuid')
  TRACK=$(node -p 'JSON.parse(fs.readFileSync(".local/release.json")).data.tracks[0].uuid')
  curl -s "$TONEGRID_URL/releases/$RELEASE/artwork" -H "$AUTH" -F artwork=@.local/sample/cover.jpg; echo
  curl -s "$TONEGRID_URL/tracks/$TRACK/audio" -H "$AUTH" -F audio=@.local/sample/track.wav; echo
  curl -s "$TONEGRID_URL/webhooks" -H "$AUTH" -H "$JSON" -d '{"name":"First hook","url":"http://127.0.0.1:9999/","events":["release.dsp.*.*","ingestion.*"]}'; echo
  curl -s -X PUT "$TONEGRID_URL/supply-chain/releases/$RELEASE/monetization" -H "$AUTH" -H "$JSON" -d '{"monetization_policy_codes":["subscription_streaming","permanent_download"]}'; echo
  curl -s -X PUT "$TONEGRID_URL/supply-chain/releases/$RELEASE/pricing-tier" -H "$AUTH" -H "$JSON" -d '{"pricing_tier_code":"front_line"}'; echo
  curl -s -X PUT "$TONEGRID_URL/supply-chain/releases/$RELEASE/territories" -H "$AUTH" -H "$JSON" -d '{"territory_mode":"worldwide"}'; echo
  curl -s "$TONEGRID_URL/releases/$RELEASE/ddex/preview/spotify.xml" -H "$AUTH"
  curl -s -X POST "$TONEGRID_URL/releases/$RELEASE/ddex/deliver" -H "$AUTH"; echo
  curl -s "$TONEGRID_URL/supply-chain/releases/$RELEASE/effective-config" -H "$AUTH"; echo
  curl -s "$TONEGRID_URL/releases/$RELEASE/ddex/deliveries" -H "$AUTH"; echo`;
