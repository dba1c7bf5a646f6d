import type { ProjectId, VersionId } from '../../../../core/index.ts'
import { RegistryError } from '../../../../registry/errors.ts'
import type { VersionStore } from '../../../../registry/ports.ts'
import type { Version } from '../../../../registry/types.ts'
import { RowReader } from '../../row.ts'
import type { Db } from '../../stores.ts'
import { aliases } from './aliases.ts'
import { listsOf } from './lists.ts'
import { history } from './moves.ts'
import { retention } from './retention.ts'
import { recordOf, recordRow, versionOf, versionRow } from './rows.ts'

type OwnStore = Omit<
  VersionStore,
  keyof ReturnType<typeof aliases> | keyof ReturnType<typeof history> | keyof ReturnType<typeof retention>
>

export function versions(db: Db): VersionStore {
  return { ...versionsAndRecords(db), ...aliases(db), ...history(db), ...retention(db) }
}

function versionsAndRecords(db: Db): OwnStore {
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
    async byPrefix(model, of, prefix, limit) {
      const [column, begin] =
        of === 'digest' ? (['digest', `sha256:${prefix}`] as const) : (['commit_id', prefix] as const)
      const query = db.selectFrom('versions').selectAll().where('model', '=', model)
      // Hex digits end before `g`.
      const rows = await query
        .where(column, '>=', begin)
        .where(column, '<', `${begin}g`)
        .orderBy('number', 'desc')
        .limit(limit)
        .execute()
      return rows.map(versionOf)
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
    async newest(models, { before, limit }) {
      if (models.length === 0) return []
      const found: Version[] = []
      for (const some of listsOf(models)) {
        const rows = await db
          .selectFrom('versions')
          .selectAll()
          .where('model', 'in', some)
          .$if(before !== undefined, query =>
            query.where(({ and, eb, or }) =>
              or([
                eb('created_at', '<', before!.at),
                and([eb('created_at', '=', before!.at), eb('id', '<', before!.id)]),
              ]),
            ),
          )
          .orderBy('created_at', 'desc')
          .orderBy('id', 'desc')
          .limit(limit)
          .execute()
        found.push(...rows.map(versionOf))
      }
      return found.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)).slice(0, limit)
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
    async recordsOf(versions, kinds) {
      const found = []
      for (const some of listsOf<VersionId>(versions)) {
        const query = db.selectFrom('version_records').selectAll().where('version', 'in', some)
        found.push(...(await query.where('kind', 'in', kinds).execute()).map(recordOf))
      }
      return found.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
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
  if (there) {
    const { expired, ...found } = versionOf(there)
    const fresh = { expired_at: null, expired_reason: null }
    if (expired) await work.updateTable('versions').set(fresh).where('id', '=', found.id).execute()
    return found
  }
  const last = await ofModel.select(({ fn }) => fn.max('number').as('number')).executeTakeFirst()
  const numbered = { ...version, number: (last?.number ?? 0) + 1 }
  await work
    .insertInto('versions')
    .values({ ...versionRow(numbered), expired_at: null, expired_reason: null })
    .execute()
  return numbered
}

async function ownerOf(db: Db, model: string): Promise<ProjectId | undefined> {
  const row = await db.selectFrom('models').selectAll().where('name', '=', model).executeTakeFirst()
  return row && new RowReader('models', row).text<ProjectId>('project')
}
