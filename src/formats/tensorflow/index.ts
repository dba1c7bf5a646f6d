export { openCheckpoint } from './checkpoint.ts'
export { openGraphDef } from './graphdef/open.ts'
export { openSavedModel } from './savedmodel/open.ts'
export { openTfjsGraph, openTfjsLayers } from './tfjs/open.ts'
