import type { Migration } from './migrations.ts'

/** Environments of models among those of scripts: what is previewed there. Values that jobs were given as inputs. */
export const previews: Migration = {
  version: 10,
  title: 'previews',
  statements: ['alter table environments add column model text', 'alter table jobs add column inputs text'],
}
