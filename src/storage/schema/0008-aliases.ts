import type { Migration } from './migrations.ts'

export const aliases: Migration = { version: 8, title: 'aliases', statements: [] }
