using System.Text;
using Athanor.Inference.Constraints;
using Athanor.Tokenizers;

namespace Athanor.Inference.Tests.Constraints;

/// <summary>Walks and checks that hold for every constraint.</summary>
internal static class ConstraintChecks
{
    /// <summary>Draws a text under the masks with random weights, and checks each mask against every token tried alone. Null where the text did not end in time.</summary>
    public static byte[]? Generate(CompiledConstraint compiled, Tokenizer tokenizer, Random random, int maxTokens = 400, double checks = 0.05, double ends = 0.3)
    {
        ITokenConstraint constraint = compiled.Start();
        var mask = new uint[(tokenizer.VocabularySize + 31) / 32 + 2];
        List<byte> text = [];
        var trie = TokenTrie.Of(tokenizer, []);
        for (int step = 0; step < maxTokens; step++)
        {
            constraint.FillMask(mask);
            List<int> allowed = Ids(mask);
            Assert.All(allowed, id => Assert.True(id < tokenizer.VocabularySize));
            if (random.NextDouble() < checks)
                Assert.Equal(BruteForce(constraint, tokenizer), allowed);
            Assert.NotEmpty(allowed);
            if (constraint.MayEnd && (constraint.IsComplete || random.NextDouble() < ends))
            {
                int end = tokenizer.EosId!.Value;
                Assert.Contains(end, allowed);
                Assert.True(constraint.TryAccept(end));
                Assert.True(constraint.IsComplete);
                return [.. text];
            }
            Assert.False(constraint.IsComplete);
            allowed.Remove(tokenizer.EosId!.Value);
            // Short tokens often: long ones would hardly leave the likeliest paths.
            int token = random.Next(3) == 0 ? allowed[random.Next(allowed.Count)] : allowed.OrderBy(id => trie.Text(id)!.Length + random.Next(3)).ThenBy(_ => random.Next()).First();
            Assert.True(constraint.TryAccept(token), $"token {token} is in the mask but not accepted");
            text.AddRange(trie.Text(token)!);
        }
        return null;
    }

    public static List<int> Ids(ReadOnlySpan<uint> mask)
    {
        List<int> ids = [];
        for (int id = 0; id < mask.Length * 32; id++)
        {
            if ((mask[id >> 5] >> id & 1) != 0)
                ids.Add(id);
        }
        return ids;
    }

    public static List<int> BruteForce(ITokenConstraint constraint, Tokenizer tokenizer) =>
        [.. Enumerable.Range(0, tokenizer.VocabularySize).Where(id => constraint.Fork().TryAccept(id))];

    public static string Text(byte[] utf8) => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8);

    public static bool Matches(this CompiledConstraint compiled, string text) => compiled.Matches(Encoding.UTF8.GetBytes(text));
}
