using Athanor.Testing;

namespace Athanor.Inference.Tests.Testing;

/// <summary>A test of a file of shared/data beside llama.cpp, skipped with a reason without one of them.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LlamaCppDataFactAttribute : FactAttribute
{
    public LlamaCppDataFactAttribute(params string[] files) => Skip = LlamaCppFactAttribute.Missing ?? new SharedDataFactAttribute(files).Skip;
}

/// <summary>A test of a trained model beside llama.cpp, skipped with a reason without one of them. ATHANOR_TRAINED_MODEL names the model, a folder of Hugging Face's form such as the quickstart's run leaves.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TrainedModelFactAttribute : FactAttribute
{
    public TrainedModelFactAttribute() => Skip = LlamaCppFactAttribute.Missing ?? (Folder is null ? "ATHANOR_TRAINED_MODEL names no folder with the config.json of a trained model." : null);

    public static string? Folder => Environment.GetEnvironmentVariable("ATHANOR_TRAINED_MODEL") is { Length: > 0 } folder && File.Exists(Path.Combine(folder, "config.json")) ? folder : null;
}

/// <summary>Tests of llama-quantize, skipped where the library behind it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LlamaQuantizeTheoryAttribute : TheoryAttribute
{
    public LlamaQuantizeTheoryAttribute() => Skip = LlamaCppFactAttribute.Missing ?? (Gguf.LlamaCppQuantizer.Library is null ? "The installed node-llama-cpp has no one library libllama.v*.so." : null);
}

/// <summary>Tests beside llama.cpp, skipped where node-llama-cpp is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LlamaCppTheoryAttribute : TheoryAttribute
{
    public LlamaCppTheoryAttribute() => Skip = LlamaCppFactAttribute.Missing;
}
