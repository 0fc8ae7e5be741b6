using Athanor.Benchmarks;
using Athanor.Benchmarks.Data;
using Athanor.Benchmarks.Inference;
using Athanor.Benchmarks.Kernels;
using Athanor.Benchmarks.Tokenizers;

const string Usage = """
    Usage: dotnet run --project benchmarks/Athanor.Benchmarks -c Release -- TOPIC [options] [oneDNN] [torch]

    Topics
      kernels       matrix products, attention, memory-bound kernels, fork and join: rates against this machine's limits
      train-step    a whole training step of two Llama-style models: tokens/s, FLOP/s, peak memory
      train         the trainer with its data beside the bare step: positions/s, managed bytes a step
      inference     decoding and prompts of quantized Llamas, the engine under many requests: tokens/s, waiting times
      data          steps and stages of the data pipeline: MB/s of UTF-8 text
      tokenizers    encoding and decoding rates; training on real text: seconds, peak memory

    Options
      --json        one JSON object a line instead of a table
      --save FILE   append the JSON lines to FILE as well
      --quick       a small selection, under 60 seconds
      --smoke       each case of --quick once: do they run? The figures say little
      --only TEXT   only groups of cases whose name contains TEXT (repeatable)
      --corpus NAME=FILE    a text, for topic data also .jsonl documents (topics tokenizers and data; repeatable; without it what the machine has)
      --vocabulary FILE     encoders/*.json of the npm package tiktoken, or a .tiktoken file (topic tokenizers; repeatable)
      --model PATH, --draft PATH    a real model and a smaller one of its tokenizer for --only speculation of topic inference (folders, GGUF files)
      --peers FOLDER        run the npm packages tiktoken and tokenizers of FOLDER/node_modules beside ours, and use its vocabularies; for topic inference
                            node-llama-cpp on the same files (ATHANOR_BENCHMARK_MODELS names a folder that keeps these)
      oneDNN        time libdnnl beside our kernels, when it is installed (topic kernels)

      torch         time the same step in PyTorch beside ours, when python3 has torch (topic train-step)

    Example
      dotnet run --project benchmarks/Athanor.Benchmarks -c Release -- kernels --only gemm-bf16 oneDNN
    """;

var options = new Options();
string? topic = null;
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--json": options.Json = true; break;
        case "--quick": options.Quick = true; break;
        case "--smoke": options.Quick = Measure.Once = true; break;
        case "--only" when i + 1 < args.Length: options.Only.Add(args[++i]); break;
        case "--save" when i + 1 < args.Length: options.Save = args[++i]; break;
        case "--vocabulary" when i + 1 < args.Length: options.Vocabularies.Add(args[++i]); break;
        case "--peers" when i + 1 < args.Length: options.Peers = args[++i]; break;
        case "--model" when i + 1 < args.Length: options.Model = args[++i]; break;
        case "--draft" when i + 1 < args.Length: options.Draft = args[++i]; break;
        case "--corpus" when i + 1 < args.Length && args[i + 1].Split('=', 2) is [var name, var path]: options.Corpora.Add((name, path)); i++; break;
        case "--help" or "-h" or "-?": Console.WriteLine(Usage); return 0;
        case var word when word.Equals("oneDNN", StringComparison.OrdinalIgnoreCase): options.OneDnn = true; break;
        case "torch": options.Torch = true; break;
        case var word when !word.StartsWith('-') && topic is null: topic = word; break;
        default: return Fail($"'{args[i]}' is not an option.");
    }
}

// `-- oneDNN` alone means the comparison.
topic ??= options.OneDnn ? "kernels" : null;
switch (topic)
{
    case "kernels": return KernelsTopic.Run(options);
    case "train-step": return TrainStep.Run(options);
    case "train": return TrainTopic.Run(options);
    case "tokenizers": return TokenizersTopic.Run(options);
    case "data": return DataTopic.Run(options);
    case "inference": return InferenceTopic.Run(options);
    case null: return Fail("A topic is missing.");
    default: return Fail($"There is no topic '{topic}'; the topics are kernels, train-step, train, inference, tokenizers and data.");
}

static int Fail(string message)
{
    Console.Error.WriteLine(message);
    Console.Error.WriteLine();
    Console.Error.WriteLine(Usage);
    return 2;
}
