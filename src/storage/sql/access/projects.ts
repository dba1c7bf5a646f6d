import { AccessError } from '../../../access/errors.ts'
import type { AccessStore } from '../../../access/ports.ts'
import { type Project, ROLES } from '../../../access/types.ts'
import type { ProjectId } from '../../../core/index.ts'
import { isTexts } from '../json.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'
import { principalOf } from './principals.ts'

type ProjectStore = Pick<
  AccessStore,
  | 'addProject'
  | 'project'
  | 'projectByName'
  | 'projects'
  | 'protectRefs'
  | 'removeProject'
  | 'setRole'
  | 'roleOf'
  | 'members'
>

export function projects(db: Db): ProjectStore {
  return {
    async addProject({ id, name, defaultBranch, protectedRefs, createdAt }) {
      await db.transaction().execute(async work => {
        const taken = await work
          .selectFrom('projects')
          .select('id')
          .where('name', '=', name)
          .executeTakeFirst()
        if (taken) {
          throw new AccessError('PROJECT_EXISTS', {
            message: `There is a project '${name}' already`,
            hint: 'Push to it, or choose another name.',
          })
        }
        const row = {
          id,
          name,
          default_branch: defaultBranch,
          protected_refs: patternsColumn(protectedRefs),
          created_at: createdAt,
        }
        await work.insertInto('projects').values(row).execute()
      })
    },
    async project(id) {
      const row = await db.selectFrom('projects').selectAll().where('id', '=', id).executeTakeFirst()
      return row && projectOf(row)
    },
    async projectByName(name) {
      const row = await db.selectFrom('projects').selectAll().where('name', '=', name).executeTakeFirst()
      return row && projectOf(row)
    },
    async projects() {
      const rows = await db.selectFrom('projects').selectAll().orderBy('name').execute()
      return rows.map(projectOf)
    },
    async protectRefs(id, patterns) {
      await db
        .updateTable('projects')
        .set({ protected_refs: patternsColumn(patterns) })
        .where('id', '=', id)
        .execute()
    },
    async removeProject(id) {
      await db.deleteFrom('projects').where('id', '=', id).execute()
    },
    ...roles(db),
  }
}

function roles(db: Db): Pick<AccessStore, 'setRole' | 'roleOf' | 'members'> {
  return {
    async setRole(principal, project, role) {
      if (role === undefined) {
        await db
          .deleteFrom('roles')
          .where('principal', '=', principal)
          .where('project', '=', project)
          .execute()
        return
      }
      await db
        .insertInto('roles')
        .values({ principal, project, role })
        .onConflict(conflict => conflict.columns(['principal', 'project']).doUpdateSet({ role }))
        .execute()
    },
    async roleOf(principal, project) {
      const row = await db
        .selectFrom('roles')
        .selectAll()
        .where('principal', '=', principal)
        .where('project', '=', project)
        .executeTakeFirst()
      return row && new RowReader('roles', row).choice('role', ROLES)
    },
    async members(project) {
      const rows = await db
        .selectFrom('roles')
        .innerJoin('principals', 'principals.id', 'roles.principal')
        .selectAll('principals')
        .select('roles.role')
        .where('roles.project', '=', project)
        .orderBy('principals.name')
        .execute()
      return rows.map(row => ({
        principal: principalOf(row),
        role: new RowReader('roles', row).choice('role', ROLES),
      }))
    },
  }
}

function projectOf(row: object): Project {
  const read = new RowReader('projects', row)
  return {
    id: read.text<ProjectId>('id'),
    name: read.text('name'),
    defaultBranch: read.text('default_branch'),
    ...present({
      protectedRefs: read.optional('protected_refs', column => read.json(column, isTexts)),
    }),
    createdAt: read.instant('created_at'),
  }
}

function patternsColumn(patterns: readonly string[] = []): string | null {
  return patterns.length === 0 ? null : JSON.stringify(patterns)
}
