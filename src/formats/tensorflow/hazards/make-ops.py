"""Writes harmless-ops.ts: TensorFlow's registered ops that touch nothing but tensors and the memory of their session.

Run with tensorflow 2.21.0. Ops without state count as harmless but for TOUCHING; ops with state only where a pattern of
STATE vouches for them (variables, tables in memory, queues, random numbers, control flow, data sets made of tensors).

    python make-ops.py > harmless-ops.ts
"""

import os
import re
import textwrap

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session

# Registered without state, and yet they read or write files, talk to others, run code, or stop the process.
TOUCHING = set("""
Abort CacheDataset Copy CopyHost DebugIdentity DebugNanCount DebugNumericSummary DecodeProtoV2 EncodeProto
DatasetFromGraph GenerateVocabRemapping GetSessionTensor ImmutableConst InitializeTableFromTextFile MatchingFiles PyFuncStateless ReadFile
ReaderRead ReaderReadUpTo RegisterDataset RegisterDatasetV2 SleepDataset ExperimentalSleepDataset SnapshotChunkDataset
SnapshotDataset SnapshotDatasetReader SnapshotDatasetV2 SnapshotNestedDatasetReader TPUPartitionedCall XlaCustomCall
XlaCustomCallV2 XlaLaunchV2
""".split())

STATE = re.compile("|".join(f"(?:{p})" for p in """
Random\\w+ Multinomial TruncatedNormal ParameterizedTruncatedNormal Stateful(Random|Standard|Truncated|Uniform)\\w*
NonDeterministicInts Rng\\w+ SampleDistortedBoundingBox(V2)? (All|Uniform|LogUniform|LearnedUnigram|ThreadUnsafeUnigram)CandidateSampler
StatelessRandomGetAlg VarHandleOp VarIsInitializedOp ReadVariableOp Assign(Add|Sub)?VariableOp Variable(V2|Shape)?
TemporaryVariable DestroyResourceOp DisableCopyOnRead Resource(Gather|GatherNd|Scatter\\w+|Apply\\w+|SparseApply\\w+|StridedSliceAssign|CountUpTo)
(Resource)?(Sparse)?ConditionalAccumulator ResourceAccumulator\\w+ Empty GuaranteeConst
(Anonymous)?(Mutable)?(Dense)?HashTable(V2|OfTensors|OfTensorsV2)? LookupTable\\w+ InitializeTableV2
Assert CheckNumerics(V2)? If While Case StatefulPartitionedCall TensorArray\\w* Stack\\w* (FIFO|PaddingFIFO|Priority|RandomShuffle)Queue(V2)?
Queue\\w+ Barrier Stage\\w* Unstage Map(Clear|IncompleteSize|Peek|Size|Stage|Unstage|UnstageNoKey) OrderedMap\\w+ Mutex(Lock|V2) ConsumeMutexLock
(Tensor|TensorSlice|SparseTensorSlice|Range|Random|RandomV2|List)Dataset(V2)? Shuffle(AndRepeat)?Dataset(V2|V3) GlobalShuffleDataset
GeneratorDataset (Experimental)?GroupByReducerDataset ReduceDataset DatasetToSingleElement
Iterator(V2|GetNext|GetNextAsOptional|GetNextSync|ToStringHandle|FromStringHandle|FromStringHandleV2|GetDevice)? MakeIterator OneShotIterator
Anonymous(Iterator|IteratorV2|IteratorV3|MemoryCache|RandomSeedGenerator|SeedGenerator|MultiDeviceIterator|MultiDeviceIteratorV3) Delete(Iterator|MemoryCache|RandomSeedGenerator|SeedGenerator|MultiDeviceIterator)
Dummy(IterationCounter|MemoryCache|SeedGenerator) (Experimental)?ThreadPool(Dataset|Handle) CudnnRNN\\w* BoostedTrees\\w+ IsBoostedTrees\\w+
AddManySparseToTensorsMap AddSparseToTensorsMap TakeManySparseFromTensorsMap DeviceIndex Timestamp GlobalIterId
IsTensorFloat32Enabled IsResourceHandleRefCounting DtypeWithDefaultOp DeepCopy NegTrain
XlaIf XlaWhile XlaDequantize
""".split()))

buffer = pywrap_tf_session.TF_GetAllOpList()
ops = op_def_pb2.OpList()
ops.ParseFromString(pywrap_tf_session.TF_GetBuffer(buffer))
public = set(dir(tf.raw_ops))
names = []
for op in ops.op:
    # Ops of TensorFlow's own tests are registered as well, and are no part of the API.
    if op.name not in public and not op.name.startswith("_Fused"):
        continue
    if STATE.fullmatch(op.name) if op.is_stateful else op.name not in TOUCHING:
        names.append(op.name)

print("/**")
print(" * TensorFlow 2.21's ops that touch nothing but tensors and the memory of their session. Made by make-ops.py, which")
print(" * says how they were chosen.")
print(" */")
print("export const HARMLESS_OPS: ReadonlySet<string> = new Set(")
print("  [")
for line in textwrap.wrap(" ".join(sorted(names)), 102):
    print(f"    '{line}',")
print("  ].flatMap(line => line.split(' ')),")
print(")")
