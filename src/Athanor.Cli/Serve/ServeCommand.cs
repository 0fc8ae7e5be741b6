using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Athanor.Cli.ModelFiles;
using Athanor.Serving;
using Athanor.Serving.Catalog;
using Microsoft.Extensions.Logging;

namespace Athanor.Cli.Serve;

/// <summary>The verb <c>athanor serve</c>.</summary>
internal static class ServeCommand
{
    public static Command Create(TextWriter output, TextWriter errors)
    {
        var models = new Argument<string[]>("models") { Description = ModelPath.Description + " As name=place under another name.", Arity = ArgumentArity.OneOrMore };
        var aliases = new Option<string[]>("--alias") { Description = "Further names: gpt-4o-mini=quickstart lets programs find the model that ask for another." };
        var load = new LoadArguments("It answers under its name as a model of its own. Repeatable; for one model.");
        var listen = new ServerArguments();
        var command = new Command("serve", """
            Answers OpenAI's API over HTTP: chats, completions, embeddings, with streaming, tools and JSON schemas.

            Examples:
              athanor serve quickstart
              athanor serve llama.gguf --adapter sql=my-lora --context 8192
              athanor serve my-model small=other-model --alias gpt-4o-mini=my-model --port 8080
              ATHANOR_API_KEYS=$(openssl rand -hex 24) athanor serve my-model --host 0.0.0.0 --public
              curl http://127.0.0.1:8000/v1/chat/completions -d '{"messages":[{"role":"user","content":"Hello"}]}'

            Ctrl+C lets running requests finish (--drain), a second one ends at once.
            """) { models, aliases };
        load.AddTo(command);
        listen.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            (string Name, string Place)[] asked = [.. parsed.GetRequiredValue(models).Select(ModelPath.Parse)];
            ServedLoading loading = load.Read(parsed);
            ServerOptions options = listen.Read(parsed);
            if (loading.Files.Tokenizer is not null && asked.Length > 1)
                throw new ArgumentException("--tokenizer is for one model. Put each model's tokenizer beside it.");
            if (loading.Files.Adapters.Count > 0 && asked.Length > 1)
                throw new ArgumentException("--adapter is for one model. Serve the others beside it from a server of their own.");
            await ServeAsync(asked, parsed.GetValue(aliases) ?? [], loading, options, output, errors, cancellation).ConfigureAwait(false);
            return Tool.Success;
        });
        return command;
    }

    private static async Task ServeAsync((string Name, string Place)[] asked, string[] aliases, ServedLoading loading, ServerOptions options, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        if (!IPAddress.IsLoopback(options.Address) && options.Public && options.ApiKeys.Count == 0)
            errors.WriteLine("athanor: warning: every machine that reaches this one may use the server. Give API keys (--api-keys, ATHANOR_API_KEYS).");
        var catalog = new ModelCatalog();
        var loaded = new List<LoadedModel>();
        await using var server = new InferenceServer(catalog, options, logging => logging.AddProvider(new LineLogger(errors)));
        try
        {
            // It listens while it loads, so that whoever asks is told to wait.
            await server.StartAsync(cancellation).ConfigureAwait(false);
            output.WriteLine($"athanor: listening on {server.Address.ToString().TrimEnd('/')}");
            foreach ((string name, string place) in asked)
            {
                long start = Stopwatch.GetTimestamp();
                LoadedModel model = await Task.Run(() => ModelLoader.Load(name, place, loading, cancellation), cancellation).ConfigureAwait(false);
                loaded.Add(model);
                catalog.Add(model.Served);
                output.WriteLine(Told(model, Stopwatch.GetElapsedTime(start)));
            }
            foreach (string alias in aliases)
            {
                string[] parts = alias.Split('=', 2);
                if (parts is not [{ Length: > 0 }, { Length: > 0 }])
                    throw new ArgumentException($"--alias is '{alias}'; write it as further-name=name.");
                catalog.AddAlias(parts[0], parts[1]);
            }
            catalog.Complete();
            output.WriteLine("athanor: ready");
            output.Flush();
            await Task.Delay(Timeout.Infinite, cancellation).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
            if (server.Requests > 0)
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"athanor: {server.Requests} requests are given {options.DrainTimeout.TotalSeconds:0} s to finish"));
        }
        finally
        {
            await server.StopAsync(CancellationToken.None).ConfigureAwait(false);
            foreach (LoadedModel model in loaded)
                await model.DisposeAsync().ConfigureAwait(false);
        }
        output.WriteLine("athanor: stopped");
    }

    private static string Told(LoadedModel model, TimeSpan took) => string.Create(
        CultureInfo.InvariantCulture,
        $"athanor: {model.Served.Id}: {model.Place}, context of {model.Engine.ContextLength} tokens, loaded in {took.TotalSeconds:0.0} s{(model.Served.HasOwnTemplate ? "" : "; it has no chat template, so a plain one (User:, Assistant:) stands in")}");
}
