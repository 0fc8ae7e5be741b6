using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Tensors;
using Athanor.Tensors.Blocks;
using Athanor.Tensors.Safetensors;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Files.Gguf;

namespace Athanor.Inference.Gguf;

/// <summary>Models of GGUF files.</summary>
public static class GgufModel
{
    private const int MostListed = 20;

    /// <summary>The settings of a file.</summary>
    /// <exception cref="ModelFormatException">The architecture or a key is not implemented, or a size is impossible; every reason is named.</exception>
    public static ModelConfig ReadConfig(GgufFile file) => Read(file).Config;

    /// <summary>The tokenizer of a file.</summary>
    /// <param name="pre">The pre-tokenizer of a file that names none.</param>
    /// <exception cref="TokenizerFormatException">The file has none, or not one that is known.</exception>
    public static Tokenizer ReadTokenizer(GgufFile file, string? pre = null) => new(GgufTokenizer.Build(file, pre));

    /// <summary>
    /// A decoder over a file. Its matrices stay where the file is mapped, in the formats that they are stored in, so loading reads no weights; the file must stay as it is meanwhile and is kept
    /// open by the decoder's matrices.
    /// </summary>
    /// <param name="type">Type of activations, and of weights that are unpacked: F32 or BF16.</param>
    /// <param name="packed">False decodes the weights into plain parameters, as export and training need them.</param>
    /// <exception cref="ModelFormatException">As <see cref="ReadConfig"/>, or tensors are missing, left over or of another shape; all are listed.</exception>
    public static Decoder Load(GgufFile file, Device device, DType type = DType.F32, bool packed = true)
    {
        ArgumentNullException.ThrowIfNull(file);
        (GgufArchitecture architecture, ModelConfig config) = Read(file);
        var map = new GgufMap(config);
        architecture.Map(map);
        Check(file, map);
        // Another device has memory of its own.
        var decoder = new Decoder(device, config, type, trainable: false, packed: packed && device is CpuDevice ? new Matrices(file, map) : null);
        try
        {
            foreach (Athanor.Models.Layers.ModelParameter parameter in decoder.Parameters)
                Fill(file, map, parameter.Value);
            return decoder;
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    private static (GgufArchitecture Architecture, ModelConfig Config) Read(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        string name = file.GetString("general.architecture") ?? throw file.Error("key 'general.architecture'", "is missing: the file is no model.");
        GgufArchitecture architecture = GgufArchitectures.Find(name) ?? throw file.Error("key 'general.architecture'", $"is '{SafetensorsException.Printable(name)}'; read are {GgufArchitectures.Names}.");
        var reader = new GgufArchitectureReader(file, name);
        ModelConfig config = architecture.Read(reader);
        reader.Finish();
        reader.Problems.AddRange(config.Problems().Select(problem => problem.TrimEnd('.')));
        if (config.Layers > 10_000)
            reader.Problems.Add("more than 10,000 layers make no model");
        return reader.Problems.Count == 0 ? (architecture, config) : throw file.Error("keys", Listed(reader.Problems));
    }

    private static void Check(GgufFile file, GgufMap map)
    {
        var problems = new List<string>();
        foreach (MappedTensor tensor in map.Tensors)
        {
            if (file.Find(tensor.Name) is not { } found)
                problems.Add($"'{tensor.Name}' [{string.Join(", ", tensor.Shape)}] is missing");
            else if (!found.Shape.AsSpan().SequenceEqual(tensor.Shape))
                problems.Add($"'{tensor.Name}' is [{string.Join(", ", found.Shape)}]; the keys make it [{string.Join(", ", tensor.Shape)}]");
            else
                _ = file.FormatOf(found);
        }
        HashSet<string> known = [.. map.Tensors.Select(tensor => tensor.Name), "rope_freqs.weight"];
        problems.AddRange(file.Tensors.Where(tensor => !known.Contains(tensor.Name)).Select(tensor => $"'{SafetensorsException.Printable(tensor.Name)}' has no place in this model"));
        if (problems.Count > 0)
            throw file.Error("tensors", $"the weights are not those of the keys: {Listed(problems)}");
    }

    private static string Listed(List<string> problems) =>
        $"{string.Join("; ", problems.Take(MostListed))}{(problems.Count > MostListed ? $"; and {problems.Count - MostListed} more" : "")}.";

    private static void Fill(GgufFile file, GgufMap map, Parameter parameter)
    {
        int columns = parameter.Shape.Rank == 1 ? 1 : parameter.Shape[1];
        var values = new float[parameter.Shape.Count];
        foreach (MappedTensor tensor in map.Tensors.Where(tensor => tensor.Parameter == parameter.Name))
        {
            GgufTensor source = file.Find(tensor.Name)!;
            Memory<float> place = values.AsMemory(tensor.FirstRow * columns, tensor.Rows * columns);
            if (tensor.Columns == 0)
                file.ReadRows(source, 0, place.Span);
            else
                Parallel.For(0, tensor.Rows, row => file.ReadRows(source, row, place.Span.Slice(row * columns, columns)));
        }
        ParameterRows.Set(parameter, values);
    }

    private sealed class Matrices(GgufFile file, GgufMap map) : IPackedWeights
    {
        public PackedMatrix? Find(string name)
        {
            MappedTensor[] tensors = [.. map.Tensors.Where(tensor => tensor.Parameter == name && tensor.Columns > 0).OrderBy(tensor => tensor.FirstRow)];
            return tensors.Length == 0 ? null : new PackedMatrix(name, tensors[0].Columns, [.. tensors.Select(Part)], file);
        }

        private PackedPart Part(MappedTensor tensor)
        {
            GgufTensor found = file.Find(tensor.Name)!;
            return new PackedPart(file.FormatOf(found), tensor.Rows, file.Address(found));
        }
    }
}
