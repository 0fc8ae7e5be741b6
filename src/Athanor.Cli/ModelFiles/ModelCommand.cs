using System.CommandLine;
using Athanor.Tensors.Safetensors;

namespace Athanor.Cli.ModelFiles;

/// <summary>The verb <c>athanor model</c>, a family of verbs.</summary>
internal static class ModelCommand
{
    public static Command Create(TextWriter output) => new("model", """
        Examines, converts and makes models.

        A model is a Hugging Face folder (config.json, model.safetensors, tokenizer.json), a llama2.c .bin, or a run: its newest model.

        Examples:
          athanor model info my-model
          athanor model convert stories260K.bin --output stories260K
          athanor model init --depth 4 --tokenizer my-tokenizer --output fresh
        """)
    {
        InfoCommand.Create(output),
        ConvertCommand.Create(output),
        InitCommand.Create(output),
    };

    public static Option<string?> TypeOption(string description) => new("--type") { Description = description };

    public static SafetensorsType? Type(string? name) => name?.ToLowerInvariant() switch
    {
        null => null,
        "f32" => SafetensorsType.F32,
        "f16" => SafetensorsType.F16,
        "bf16" => SafetensorsType.BF16,
        _ => throw new ArgumentException($"--type is '{name}'; choose f32, f16 or bf16."),
    };
}
