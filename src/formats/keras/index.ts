export { openKeras, readKerasConfig } from './archive.ts'
export { type Json, type JsonObject, parseJson } from './config/json.ts'
export { openHdf5OrKeras, openKerasH5, readKerasConfigs } from './h5.ts'
export { type KerasHazard, kerasHazards } from './hazards/find.ts'
