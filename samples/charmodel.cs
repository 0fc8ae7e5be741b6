#:project ../src/Athanor.Tensors/Athanor.Tensors.csproj
#:property PublishAot=false
// Trains a character model on any text file:
//   dotnet run -c Release samples/charmodel.cs -- FILE [steps=200] [reference]
// The last word computes with plain loops in double precision instead; the loss curve is the same.
using System.Globalization;
using Athanor.Tensors;
using Athanor.Tensors.Cpu;
using Athanor.Tensors.Optimizers;

if (args.Length == 0 || !File.Exists(args[0]))
{
    Console.Error.WriteLine("usage: dotnet run -c Release samples/charmodel.cs -- FILE [steps=200] [reference]");
    return 2;
}
const int D = 64, H = 4, L = 2, T = 64, B = 8;                  // width, heads, layers, characters a row, rows a step
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string text = File.ReadAllText(args[0]);
if (text.Length <= T)
{
    Console.Error.WriteLine($"{args[0]} has {text.Length} characters; more than {T} are needed.");
    return 2;
}
char[] alphabet = [.. text.Distinct().Order()];
int[] ids = [.. text.Select(c => Array.BinarySearch(alphabet, c))];
int steps = args.Length > 1 && int.TryParse(args[1], out int n) ? n : 200;
var device = args.Contains("reference") ? new CpuDevice(KernelPath.Reference) : Device.Default;

ulong drawn = 0;
Parameter Weight(string name, int rows, int columns)
{
    var parameter = new Parameter(device, name, new Shape(rows, columns), DType.BF16);
    RandomFill.Normal(parameter, 0, 0.5f / MathF.Sqrt(columns), seed: 1, stream: drawn++);
    return parameter;
}
var embedding = Weight("embedding", alphabet.Length, D);
var layers = Enumerable.Range(0, L).Select(i => (Qkv: Weight($"qkv{i}", 3 * D, D), Out: Weight($"out{i}", D, D), Up: Weight($"up{i}", 8 * D, D), Down: Weight($"down{i}", D, 4 * D))).ToArray();
using var rotary = new RotaryTable(device, T, D / H);
using var group = new ParameterGroup("all", [embedding, .. layers.SelectMany(l => new[] { l.Qkv, l.Out, l.Up, l.Down })]);
using var optimizer = new AdamW([group]);
using var norm = new GradientNorm(group);
var random = new Random(1);
var parts = new Tensor[3];

for (int step = 1; step <= steps; step++)
{
    int[] starts = [.. Enumerable.Range(0, B).Select(_ => random.Next(ids.Length - T))];
    using var scope = StepScope.Begin(device);
    Tensor Rows(int shift) => Tensor.From(device, new Shape(B, T), [.. starts.SelectMany(s => ids.Skip(s + shift).Take(T))]);
    Tensor x = Ops.Embedding(embedding, Rows(0));
    foreach (var layer in layers)
    {
        Tensor qkv = Ops.Linear(x.RmsNorm(), layer.Qkv).Rotate(rotary, 2 * H, D / H).Reshape(B, T, 3 * H, D / H);
        qkv.Split(2, [H, H, H], parts);
        x += Ops.Linear(Ops.Attention(parts[0], parts[1], parts[2], new AttentionOptions { Causal = true }).Reshape(B, T, D), layer.Out);
        x += Ops.Linear(Ops.Linear(x.RmsNorm(), layer.Up).SwiGlu(), layer.Down);
    }
    Tensor loss = Ops.LinearCrossEntropy(x.RmsNorm(), embedding, Rows(1));
    loss.Backward();
    optimizer.Step(3e-3f * MathF.Min(1, step / 20f), norm.Measure(1).Scale);
    if (step % 10 == 0 || step == 1)
        Console.WriteLine($"step {step,5}  loss {loss.Item():F4}");
}
return 0;
