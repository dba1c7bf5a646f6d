import type { Digest, JobId, ProjectId, RecordId, VersionId } from '../../core/index.ts'
import { RegistryError } from '../../registry/errors.ts'
import type { VersionStore } from '../../registry/ports.ts'
import { RECORD_KINDS, type Version, type VersionManifest, type VersionRecord } from '../../registry/types.ts'
import { has, isJson } from './json.ts'
import { present, RowReader } from './row.ts'
import type { Db } from './stores.ts'

export function versions(db: Db): VersionStore {
  return {
    register: version => db.transaction().execute(work => register(work, version)),
    async byId(id) {
      const row = await db.selectFrom('versions').selectAll().where('id', '=', id).executeTakeFirst()
      return row && versionOf(row)
    },
    async byNumber(model, number) {
      const query = db.selectFrom('versions').selectAll().where('model', '=', model)
      const row = await query.where('number', '=', number).executeTakeFirst()
      return row && versionOf(row)
    },
    async list(model, { before, limit }) {
      const rows = await db
        .selectFrom('versions')
        .selectAll()
        .where('model', '=', model)
        .$if(before !== undefined, query => query.where('number', '<', before!))
        .orderBy('number', 'desc')
        .limit(limit)
        .execute()
      return rows.map(versionOf)
    },
    ownerOf: model => ownerOf(db, model),
    async modelsOf(project) {
      const query = db.selectFrom('models').select('name').where('project', '=', project)
      return (await query.orderBy('name').execute()).map(row => row.name)
    },
    async addRecord(record) {
      await db.insertInto('version_records').values(recordRow(record)).execute()
    },
    async records(version) {
      const query = db.selectFrom('version_records').selectAll().where('version', '=', version)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(recordOf)
    },
  }
}

async function register(work: Db, version: Omit<Version, 'number'>): Promise<Version> {
  const { project, model, digest } = version
  const owner = await ownerOf(work, model)
  if (owner !== undefined && owner !== project) {
    throw new RegistryError('MODEL_OWNED_ELSEWHERE', {
      message: `The model name '${model}' belongs to another project`,
      hint: 'Give the model another name under `model: name:` in ballast.yaml.',
      details: { model },
    })
  }
  if (owner === undefined) await work.insertInto('models').values({ name: model, project }).execute()
  const ofModel = work.selectFrom('versions').where('model', '=', model)
  const there = await ofModel.selectAll().where('digest', '=', digest).executeTakeFirst()
  if (there) return versionOf(there)
  const last = await ofModel.select(({ fn }) => fn.max('number').as('number')).executeTakeFirst()
  const numbered = { ...version, number: (last?.number ?? 0) + 1 }
  await work.insertInto('versions').values(versionRow(numbered)).execute()
  return numbered
}

async function ownerOf(db: Db, model: string): Promise<ProjectId | undefined> {
  const row = await db.selectFrom('models').selectAll().where('name', '=', model).executeTakeFirst()
  return row && new RowReader('models', row).text<ProjectId>('project')
}

function versionRow(version: Version) {
  return {
    id: version.id,
    project: version.project,
    model: version.model,
    number: version.number,
    digest: version.digest,
    manifest: JSON.stringify(version.manifest),
    job: version.job ?? null,
    created_at: version.createdAt,
  }
}

const isManifest = has<VersionManifest>({ model: 'string', commit: 'string', files: 'array', config: 'any' })

function versionOf(row: object): Version {
  const read = new RowReader('versions', row)
  return {
    id: read.text<VersionId>('id'),
    project: read.text<ProjectId>('project'),
    model: read.text('model'),
    number: read.number('number'),
    digest: read.text<Digest>('digest'),
    manifest: read.json('manifest', isManifest),
    createdAt: read.instant('created_at'),
    ...present({ job: read.optional('job', column => read.text<JobId>(column)) }),
  }
}

function recordRow(record: VersionRecord) {
  return {
    id: record.id,
    version: record.version,
    kind: record.kind,
    body: JSON.stringify(record.body),
    job: record.job ?? null,
    created_at: record.createdAt,
  }
}

function recordOf(row: object): VersionRecord {
  const read = new RowReader('version_records', row)
  return {
    id: read.text<RecordId>('id'),
    version: read.text<VersionId>('version'),
    kind: read.choice('kind', RECORD_KINDS),
    body: read.json('body', isJson),
    createdAt: read.instant('created_at'),
    ...present({ job: read.optional('job', column => read.text<JobId>(column)) }),
  }
}
