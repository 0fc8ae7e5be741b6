using System.Runtime.InteropServices;
using System.Text;

namespace Athanor.Testing;

/// <summary>A LoRA adapter's folder as Hugging Face's PEFT writes it, byte by byte.</summary>
internal static class PeftFolder
{
    /// <summary>A matrix of an adapter; one of 0 columns is a vector.</summary>
    public readonly record struct Matrix(int Rows, int Columns, float[] Values);

    /// <summary>Random matrices A [rank, columns] and B [rows, rank] for modules of a model, by PEFT's names.</summary>
    public static Dictionary<string, Matrix> Random(int seed, int rank, int layers, params (string Name, int Rows, int Columns)[] modules)
    {
        var random = new Random(seed);
        Matrix Numbers(int rows, int columns) => new(rows, columns, [.. Enumerable.Range(0, rows * columns).Select(_ => (float)(random.NextDouble() - 0.5))]);
        var tensors = new Dictionary<string, Matrix>();
        for (int layer = 0; layer < layers; layer++)
        {
            foreach ((string name, int rows, int columns) in modules)
            {
                tensors[Name(layer, name, 'A')] = Numbers(rank, columns);
                tensors[Name(layer, name, 'B')] = Numbers(rows, rank);
            }
        }
        return tensors;
    }

    public static string Name(int layer, string module, char side) => $"base_model.model.model.layers.{layer}.{module}.lora_{side}.weight";

    /// <summary>B·A times <paramref name="scale"/>, in double.</summary>
    public static double[] Delta(Dictionary<string, Matrix> tensors, int layer, string module, double scale)
    {
        Matrix down = tensors[Name(layer, module, 'A')], up = tensors[Name(layer, module, 'B')];
        var delta = new double[up.Rows * down.Columns];
        for (int i = 0; i < up.Rows; i++)
        {
            for (int j = 0; j < down.Columns; j++)
            {
                for (int r = 0; r < down.Rows; r++)
                    delta[i * down.Columns + j] += scale * up.Values[i * up.Columns + r] * down.Values[r * down.Columns + j];
            }
        }
        return delta;
    }

    public static void Write(string folder, Dictionary<string, Matrix> tensors, string config)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), config);
        int at = 0;
        var header = new List<string>();
        foreach ((string name, Matrix matrix) in tensors)
        {
            string shape = matrix.Columns == 0 ? $"{matrix.Rows}" : $"{matrix.Rows},{matrix.Columns}";
            header.Add($$"""{{'"'}}{{name}}{{'"'}}:{"dtype":"F32","shape":[{{shape}}],"data_offsets":[{{at}},{{at += 4 * matrix.Values.Length}}]}""");
        }
        byte[] json = Encoding.UTF8.GetBytes($"{{{string.Join(',', header)}}}");
        using FileStream file = File.Create(Path.Combine(folder, "adapter_model.safetensors"));
        file.Write(BitConverter.GetBytes((long)json.Length));
        file.Write(json);
        foreach (Matrix matrix in tensors.Values)
            file.Write(MemoryMarshal.AsBytes<float>(matrix.Values));
    }
}
