export * from './agents.ts'
export * from './views.ts'
