import type { Migration } from './migrations.ts'

export const previews: Migration = { version: 10, title: 'previews', statements: [] }
