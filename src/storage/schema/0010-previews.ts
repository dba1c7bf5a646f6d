import type { Migration } from './migrations.ts'

/** Environments of models among those of scripts: what is previewed there. */
export const previews: Migration = {
  version: 10,
  title: 'previews',
  statements: ['alter table environments add column model text'],
}
