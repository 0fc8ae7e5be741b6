using System.Diagnostics;
using System.Text;
using Athanor.Runs.Import;
using Athanor.Runs.Recipes;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Recipes;

/// <summary>Spoiled recipes: each is read or refused with problems, never anything else, and quickly.</summary>
public sealed class RecipeFuzzTests
{
    private static readonly string[] Pieces = ["\n", "  ", "\t", ": ", "- ", "[", "]", "{", "}", "&a ", "*a", "!!x ", "|", ">", "'", "\"", "#", "%", "@", "---\n", "...\n", "? ", "<<: ", "~", "null",
        "1e999", "9999999999999999999999", "-", "\\", "\u2028", "\u0085", "\ufeff", "\uffff", "\ud83d\ude00", "base: .", "stages", "use: ", "from: ", "model", "depth: ", "kind: ", "train", "0x1F", "1:30", "true"];

    [Theory]
    [InlineData(1, 200)]
    public void Spoiled_recipes_are_read_or_refused(int seed, int count) => Fuzz(seed, count);

    [Theory]
    [Trait("Category", "Long")]
    [InlineData(2, 60_000)]
    public void Many_spoiled_recipes_are_read_or_refused(int seed, int count) => Fuzz(seed, count);

    private static void Fuzz(int seed, int count)
    {
        RecipeVocabulary vocabulary = new Kitchen().Vocabulary();
        byte[] whole = Encoding.UTF8.GetBytes(RecipeReadingTests.Whole);
        var random = new System.Random(seed);
        int read = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] spoiled = Spoil(random, whole);
            string[] overrides = random.Next(4) == 0 ? [Encoding.UTF8.GetString(Spoil(random, "train.sources.0.weight=2"u8.ToArray()))] : [];
            var watch = Stopwatch.StartNew();
            try
            {
                Recipe recipe = Recipe.Parse(spoiled, vocabulary, "fuzz", null, overrides);
                read++;
                Recipe again = Recipe.Parse(Encoding.UTF8.GetBytes(recipe.ToYaml()), vocabulary, "again");
                Assert.Equal(recipe.Settings.Select(setting => (setting.Path, setting.Value)), again.Settings.Select(setting => (setting.Path, setting.Value)));
            }
            catch (RecipeException e)
            {
                Assert.NotEmpty(e.Problems);
                Assert.All(e.Problems, problem => Assert.False(string.IsNullOrWhiteSpace(problem.Message)));
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"Case {i} of seed {seed}: {e}\n{Encoding.UTF8.GetString(spoiled)}\n{string.Join('\n', overrides)}");
            }
            try
            {
                _ = RecipeImport.Axolotl(Encoding.UTF8.GetString(spoiled));
            }
            catch (RecipeException)
            {
            }
            Assert.True(watch.Elapsed.TotalSeconds < 20, $"Case {i} of seed {seed} took {watch.Elapsed}.");
        }
        // Some spoiling does no harm: what is read must be compared, not only what is refused.
        Assert.InRange(read, count / 100, count);
    }

    private static byte[] Spoil(System.Random random, byte[] whole)
    {
        var bytes = new List<byte>(whole);
        for (int edits = random.Next(1, 6); edits > 0 && bytes.Count > 0; edits--)
        {
            int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 20), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                case 3:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
                case 4:
                    // A digit for a digit leaves most recipes readable.
                    int digit = bytes.FindIndex(at, b => b is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0)
                        bytes[digit] = (byte)random.Next('0', '9' + 1);
                    break;
                default:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)"[{- "[random.Next(4)], random.Next(200)));
                    break;
            }
        }
        return [.. bytes];
    }
}
