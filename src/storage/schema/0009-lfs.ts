import type { Migration } from './migrations.ts'

export const lfs: Migration = { version: 9, title: 'lfs', statements: [] }
