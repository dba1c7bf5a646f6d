import type { Lens } from '../engine/lens.ts'
import { arrowLens } from './arrow.ts'
import { checkpointLens, metadataLens } from './checkpoint.ts'
import { dataLens } from './data.ts'
import { ggufLens } from './gguf.ts'
import { hdf5Lens } from './hdf5.ts'
import { npyLens } from './npy.ts'
import { onnxLens } from './onnx.ts'
import { pickleLens } from './pickle.ts'
import { bytecodeLens, opaqueLens, programLens, scriptLens } from './programs.ts'
import { safetensorsLens } from './safetensors.ts'
import { tarLens } from './tar.ts'
import { tensorflowLens, tfjsLens, tfliteLens } from './tensorflow.ts'
import { pointerLens, textLens } from './text.ts'
import { torchscriptLens } from './torchscript.ts'
import { wrappedLens } from './wrapped.ts'
import { zipLens } from './zip.ts'

/** Every way of reading that is tried on every content. What most likely is meant comes first. */
export const LENSES: readonly Lens[] = [
  zipLens,
  pickleLens,
  npyLens,
  hdf5Lens,
  safetensorsLens,
  ggufLens,
  onnxLens,
  tensorflowLens,
  tfliteLens,
  tfjsLens,
  checkpointLens,
  metadataLens,
  wrappedLens,
  tarLens,
  torchscriptLens,
  arrowLens,
  dataLens,
  programLens,
  bytecodeLens,
  opaqueLens,
  scriptLens,
  pointerLens,
  textLens,
]
