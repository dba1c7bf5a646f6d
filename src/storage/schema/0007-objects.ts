import type { Migration } from './migrations.ts'

export const objects: Migration = { version: 7, title: 'objects', statements: [] }
