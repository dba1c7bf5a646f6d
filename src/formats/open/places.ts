import type { Placer, PlacerInput, TensorPlace } from '../ports.ts'
import { archivePlaces } from './archive.ts'
import { detectFormat } from './detect.ts'
import type { Detected } from './detected.ts'

/** Formats whose tensors lie somewhere as they are. Others hold text, or are packed throughout. */
const PLACERS: Readonly<Partial<Record<Detected, () => Promise<Placer>>>> = {
  safetensors: async () => (await import('../safetensors/places.ts')).placeSafetensors,
  gguf: async () => (await import('../gguf/places.ts')).placeGguf,
  npy: async () => (await import('../npy/places.ts')).placeNpy,
  npz: async () => (await import('../npy/places.ts')).placeNpz,
  onnx: async () => (await import('../onnx/places.ts')).placeOnnx,
  hdf5: async () => (await import('../hdf5/places.ts')).placeHdf5,
  'keras-h5': async () => (await import('../hdf5/places.ts')).placeHdf5,
  keras: async () => (await import('../keras/places.ts')).placeKeras,
  pytorch: async () => (await import('../pytorch/places.ts')).placePytorch,
  'pytorch-legacy': async () => (await import('../pytorch/places.ts')).placePytorchLegacy,
  torchscript: async () => (await import('../pytorch/places.ts')).placeTorchscript,
  pt2: async () => (await import('../pytorch/places.ts')).placePt2,
  pickle: async () => (await import('../pickle/places.ts')).placePickle,
  'tensorflow-graphdef': async () => (await import('../tensorflow/places.ts')).placeGraphDef,
  'tensorflow-metagraph': async () => (await import('../tensorflow/places.ts')).placeMetaGraph,
  'tensorflow-savedmodel': async () => (await import('../tensorflow/places.ts')).placeSavedModel,
  'tensorflow-checkpoint': async () => (await import('../tensorflow/places.ts')).placeCheckpoint,
  'tfjs-graph': async () => (await import('../tensorflow/tfjs/places.ts')).placeTfjs,
  'tfjs-layers': async () => (await import('../tensorflow/tfjs/places.ts')).placeTfjs,
  tflite: async () => (await import('../tflite/places.ts')).placeTflite,
  joblib: async () => (await import('../pickle/places.ts')).placePickle,
}

/** What a file is, and where its tensors lie: in itself, or in files that it describes. */
export interface PlacedFile {
  readonly format: string
  readonly places: readonly TensorPlace[]
}

/**
 * Undefined for a file that nothing recognises, and for one that is packed as a whole. An archive has the tensors of
 * what it holds as it is. Throws what the format's reader throws.
 */
export async function tensorPlaces(input: PlacerInput): Promise<PlacedFile | undefined> {
  return (await placesIn(input)) ?? archivePlaces(input.source, placesIn)
}

async function placesIn(input: PlacerInput): Promise<PlacedFile | undefined> {
  const format = await detectFormat(input.source, input.path)
  if (!format) return undefined
  const placer = await PLACERS[format]?.()
  return { format, places: placer ? await placer(input) : [] }
}
