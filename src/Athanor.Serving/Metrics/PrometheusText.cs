using System.Globalization;
using System.Text;
using Athanor.Inference.Generation;
using Athanor.Serving.Catalog;

namespace Athanor.Serving.Metrics;

/// <summary>Metrics in Prometheus' text format 0.0.4.</summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();

    public static string Of(ServerMetrics metrics, IReadOnlyList<ServedModel> models)
    {
        var text = new PrometheusText();
        text.Server(metrics);
        text.Models(metrics);
        text.Engines([.. models.Where(model => model.Parent is null)]);
        return text._text.ToString();
    }

    private void Server(ServerMetrics metrics)
    {
        Head("athanor_requests_total", "counter", "Requests answered, by endpoint and status; 499 where the client went away.");
        foreach (((string endpoint, int status), long count) in metrics.Requests.OrderBy(pair => pair.Key.Endpoint, StringComparer.Ordinal).ThenBy(pair => pair.Key.Status))
            Line("athanor_requests_total", $"endpoint=\"{Escaped(endpoint)}\",status=\"{status}\"", count);
        Head("athanor_requests_running", "gauge", "Requests that are being answered.");
        Line("athanor_requests_running", "", metrics.Running);
        Head("athanor_request_seconds", "histogram", "How long requests took.");
        foreach ((string endpoint, Histogram histogram) in metrics.Durations.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            Histogram("athanor_request_seconds", $"endpoint=\"{Escaped(endpoint)}\"", histogram);
    }

    private void Models(ServerMetrics metrics)
    {
        (string Model, ModelMetrics Of)[] models = [.. metrics.Models.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (Label(pair.Key), pair.Value))];
        Family("athanor_prompt_tokens_total", "counter", "Prompt tokens of finished requests.", models, one => one.PromptTokens);
        Family("athanor_cached_prompt_tokens_total", "counter", "Prompt tokens of finished requests that the prefix cache had.", models, one => one.CachedTokens);
        Family("athanor_generated_tokens_total", "counter", "Tokens generated for finished requests.", models, one => one.GeneratedTokens);
        Head("athanor_time_to_first_token_seconds", "histogram", "From a request's arrival to its first token.");
        foreach ((string model, ModelMetrics one) in models)
            Histogram("athanor_time_to_first_token_seconds", model, one.FirstToken);
        Head("athanor_inter_token_seconds", "histogram", "Between tokens of an answer.");
        foreach ((string model, ModelMetrics one) in models)
            Histogram("athanor_inter_token_seconds", model, one.BetweenTokens);
    }

    private void Engines(ServedModel[] models)
    {
        (string Model, EngineStatus Of)[] engines = [.. models.Select(model => (Label(model.Id), model.Engine.Status))];
        Family("athanor_engine_running", "gauge", "Requests that the engine works on.", engines, one => one.Running);
        Family("athanor_engine_waiting", "gauge", "Requests in the engine's queue.", engines, one => one.Waiting);
        Family("athanor_cache_blocks_used", "gauge", "Blocks of the key-value cache that running requests hold.", engines, one => one.UsedBlocks);
        Family("athanor_cache_blocks", "gauge", "Blocks of the key-value cache.", engines, one => one.TotalBlocks);
        Family("athanor_engine_prompt_tokens_total", "counter", "Prompt tokens read, cached ones included.", engines, one => one.PromptTokens);
        Family("athanor_engine_cached_tokens_total", "counter", "Prompt tokens that the prefix cache had.", engines, one => one.CachedTokens);
        Family("athanor_engine_generated_tokens_total", "counter", "Tokens generated.", engines, one => one.GeneratedTokens);
        Family("athanor_engine_drafted_tokens_total", "counter", "Tokens that speculation proposed.", engines, one => one.DraftedTokens);
        Family("athanor_engine_accepted_tokens_total", "counter", "Proposed tokens that were kept.", engines, one => one.AcceptedTokens);
        Family("athanor_engine_preemptions_total", "counter", "Requests begun again because the cache was full.", engines, one => one.Preemptions);
    }

    private void Family<T>(string name, string type, string help, (string Label, T Of)[] all, Func<T, long> value)
    {
        Head(name, type, help);
        foreach ((string label, T one) in all)
            Line(name, label, value(one));
    }

    private void Histogram(string name, string labels, Histogram histogram)
    {
        (long[] counts, double sum) = histogram.Read();
        for (int i = 0; i < counts.Length; i++)
        {
            string bound = i < histogram.Bounds.Length ? histogram.Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            Line(name + "_bucket", $"{labels},le=\"{bound}\"", counts[i]);
        }
        Line(name + "_sum", labels, sum);
        Line(name + "_count", labels, counts[^1]);
    }

    private void Head(string name, string type, string help) => _text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private void Line(string name, string labels, double value) =>
        _text.Append(name).Append(labels.Length > 0 ? $"{{{labels}}}" : "").Append(CultureInfo.InvariantCulture, $" {value}\n");

    private static string Label(string model) => $"model=\"{Escaped(model)}\"";

    private static string Escaped(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
