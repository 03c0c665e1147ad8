// The baseline of the read bench: Fastify and pg, nothing else. Prints its port. Reads as the owner of the tables, all tenants.
import Fastify from 'fastify';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10, options: '-c tonegrid.tenant=*' });
const query = {
  name: 'release',
  text: `select r.uuid, r.title, r.version_title, r.type, r.status, r.review_stage, r.upc, r.grid, r.release_date::text, r.original_release_date::text,
      r.genre, r.subgenre, r.language, r.label, r.copyright_year, r.copyright_holder, r.created_at, r.updated_at,
      (select json_agg(json_build_object('uuid', t.uuid, 'title', t.title, 'position', t.position, 'isrc', t.isrc, 'explicit', t.explicit,
        'audio_status', t.audio_status, 'created_at', t.created_at) order by t.position) from tracks t where t.release_uuid = r.uuid) as tracks
    from releases r where r.uuid = $1`,
};
const app = Fastify({ logger: false });
app.get('/releases/:uuid', async (request, reply) => {
  const { rows } = await pool.query({ ...query, values: [request.params.uuid] });
  return rows.length === 0 ? reply.code(404).send({}) : { release: rows[0] };
});
await app.listen({ host: '127.0.0.1', port: 0 });
console.log(app.server.address().port);
