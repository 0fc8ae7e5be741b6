using System.Text;
using Athanor.Models.Layers;
using Athanor.Models.Llama2c;
using Athanor.Tensors;
using Athanor.Testing;

namespace Athanor.Models.Tests.Llama2c;

public sealed class Llama2cFileTests
{
    [SharedDataFact("stories260K/stories260K.bin", "stories260K/tok512.bin", "stories260K/expected_greedy_n200.txt")]
    public void The_published_model_writes_its_recorded_text()
    {
        using Decoder model = Llama2cFile.Load(SharedData.Path("stories260K/stories260K.bin"), Device.Default);
        string[] pieces = Pieces(SharedData.Path("stories260K/tok512.bin"));
        // The recorded run stops after 200 steps, the first of which read the start token.
        List<int> ids = Greedy(model, steps: 200);
        Assert.Equal(File.ReadAllText(SharedData.Path("stories260K/expected_greedy_n200.txt")).TrimEnd('\n'), Text(ids, pieces).TrimEnd('\n'));
    }

    private static List<int> Greedy(Decoder model, int steps)
    {
        using var cache = new KeyValueCache(model.Device, model.Config, model.DType, 1, model.Config.ContextLength);
        var ids = new List<int> { 1 };
        for (int step = 0; step < steps; step++)
        {
            using StepScope scope = StepScope.Begin(model.Device, record: false);
            Tensor hidden = model.Hidden(new DecoderInput(Tensor.From(model.Device, new Shape(1, 1), [ids[^1]])), cache);
            float[] logits = model.Logits(hidden).ToArray();
            int next = Array.IndexOf(logits, logits.Max());
            if (next == 1)
                break;
            ids.Add(next);
        }
        return ids;
    }

    private static string Text(List<int> ids, string[] pieces)
    {
        var text = new StringBuilder();
        for (int i = 1; i < ids.Count; i++)
            text.Append(ids[i - 1] == 1 ? pieces[ids[i]].TrimStart(' ') : pieces[ids[i]]);
        return text.ToString();
    }

    private static string[] Pieces(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        reader.ReadInt32();
        var pieces = new string[512];
        for (int i = 0; i < pieces.Length; i++)
        {
            reader.ReadSingle();
            string piece = Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadInt32()));
            pieces[i] = piece is ['<', '0', 'x', _, _, '>'] ? $"{(char)Convert.ToByte(piece[3..5], 16)}" : piece;
        }
        return pieces;
    }
}
